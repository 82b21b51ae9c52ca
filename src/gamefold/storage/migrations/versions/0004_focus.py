"""Focus: heroes, task templates, sessions, items and inventory, worlds, drop logs; views; row-level security."""

# ruff: noqa: S608 - every name in the statements is ours

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from gamefold.storage.columns import UUID_TEXT, UtcTime
from gamefold.storage.naming import Names

revision = "0004"
down_revision = "0003"

_TABLES = (
    "items",
    "heroes",
    "task_templates",
    "sessions",
    "inventory",
    "world_states",
    "cosmetic_drop_logs",
    "featured_items",
)
_OWNED = ("heroes", "task_templates", "sessions", "inventory", "world_states")  # by one user of one tenant
_ROOMS = "('study_room','build_room','training_room')"
_BORN = datetime(2026, 1, 1, tzinfo=UTC)  # not the moment of the migration: a table made again must be the same table

# id, unlock_level, rarity, room_affinity (- is any), sprite_key (which begins with the type), name.
# Later catalogues are later migrations.
_ITEMS = """
e323db5f-f11c-59ed-8c54-b80cafaada14  1 common study_room    hat_reading_beret                Reading Beret
39b5cacc-d578-56d1-ac36-47ba8e0065d8  3 rare   study_room    hat_study_cap                    Study Cap
29540ca2-f4cc-59d8-b81b-a6be6f6677ff  8 epic   study_room    hat_scholars_crown               Scholar's Crown
0fcdc633-04a2-50e0-a576-b5135381c2c2  1 common build_room    hat_paper_hard_hat               Paper Hard Hat
8b65fd2d-46e2-5ba4-a5ee-ea35b0043e37  4 rare   build_room    hat_welders_visor                Welder's Visor
6d590828-b2ae-5962-97f9-ab674233bba2  9 epic   build_room    hat_architects_halo              Architect's Halo
1f8411b5-6e4c-54b0-a1c9-7d515b302856  1 common training_room hat_terry_sweatband              Terry Sweatband
32256d6f-7c50-5c9e-978a-4d15c2de3068  3 rare   training_room hat_sparring_headguard           Sparring Headguard
23092b7d-41d4-5ca1-b497-4c61f3b1c868  8 epic   training_room hat_champions_laurels            Champion's Laurels
a2834621-a4ff-5a78-af0b-d1ee0dafe71c  1 common -             hat_knit_beanie                  Knit Beanie
2c4e41f6-1c7d-55b6-aed3-3f5a92a32b9e  5 rare   -             hat_starry_top_hat               Starry Top Hat
81199beb-8bef-59c0-8919-2343977f0d47 10 epic   -             hat_comet_circlet                Comet Circlet
ab731c26-c5b8-5374-9aa1-1a2d9e145017  2 common study_room    outfit_library_cardigan          Library Cardigan
83433673-bfba-5665-b38e-fe863db6f4b4  5 rare   study_room    outfit_professors_robe           Professor's Robe
b09181dd-d650-5003-b389-e3864a8023dc  9 epic   study_room    outfit_astral_gown               Astral Gown
1262d438-bae6-5fbb-977e-41d1f1ecfe9e  1 common build_room    outfit_canvas_overalls           Canvas Overalls
88bb6c2c-39eb-5b69-9488-c790a887948f  4 rare   build_room    outfit_workshop_apron            Workshop Apron
8a5fa6d4-90db-5a16-b88a-28d4cbb9fc13  8 epic   build_room    outfit_clockwork_suit            Clockwork Suit
a51b2153-8177-5865-a406-e51c26f4a744  1 common training_room outfit_running_kit               Running Kit
0d692d28-e51a-5cba-9cc1-f245d40b8596  4 rare   training_room outfit_sparring_gi               Sparring Gi
283653e8-b10c-516c-8f94-160caecac059  9 epic   training_room outfit_golden_tracksuit          Golden Tracksuit
036e4104-da72-565b-8914-cd4b5caf23f0  1 common -             outfit_plain_hoodie              Plain Hoodie
83061f01-7310-572c-ab23-3d2c4cb8cbac  6 rare   -             outfit_patchwork_coat            Patchwork Coat
0123ceb6-043e-5a76-a233-0837acf01e60 10 epic   -             outfit_aurora_cloak              Aurora Cloak
3b8d77e8-9732-56f5-a3af-3e0a8b93d483  2 common study_room    accessory_round_glasses          Round Glasses
d87963cf-617c-5c86-be83-9cf7d4d09d89  3 rare   study_room    accessory_brass_bookmark         Brass Bookmark
9e163ca3-b8a9-5bdf-a9fc-67cad5a26ed7  7 epic   study_room    accessory_everburning_lamp       Everburning Lamp
b4517ee6-97f1-5e78-9ee9-9eee48608a29  1 common build_room    accessory_carpenters_pencil      Carpenter's Pencil
e2ffa1c6-128b-5d9a-8de4-355b0bbd1157  4 rare   build_room    accessory_tool_belt              Tool Belt
4bd866a6-74ae-55cc-8fab-565981012fb8  8 epic   build_room    accessory_self_drawing_compass   Self-Drawing Compass
a2bd6913-19fb-5825-b575-91a708a2c7b2  2 common training_room accessory_skipping_rope          Skipping Rope
69ece488-f6c3-51fa-8128-be6f2f82e9c3  5 rare   training_room accessory_pulse_watch            Pulse Watch
e0401db7-1e78-56ed-9d34-5077ab98964e 10 epic   training_room accessory_medal_of_a_hundred_dawns Medal of a Hundred Dawns
e313a207-5f3a-58da-9d05-9fbca6ecd6af  1 common -             accessory_woven_bracelet         Woven Bracelet
1b80f142-5f48-59b2-a64a-8588f9627170  2 rare   -             accessory_pocket_hourglass       Pocket Hourglass
645d38c2-5696-5a0a-b18b-03552f508463  7 epic   -             accessory_moonstone_pendant      Moonstone Pendant
"""


def upgrade() -> None:
    """Make tables, views and the second wall, and fill the catalogue."""
    bind = op.get_bind()
    names = Names(bind, "focus")
    platform = Names(bind, "platform")
    postgres = bind.dialect.name == "postgresql"
    names.create_schema()

    new_uuid = sa.text("gen_random_uuid()") if postgres else None
    now = sa.text("now()") if postgres else sa.text("CURRENT_TIMESTAMP")

    def create(name: str, *columns: Any) -> None:
        op.create_table(names.table(name), *columns, schema=names.schema)

    def key() -> sa.Column[Any]:
        return sa.Column("id", UUID_TEXT, primary_key=True, server_default=new_uuid)

    def tenant() -> sa.Column[Any]:
        target = sa.ForeignKey(platform.reference("tenant", "id"), ondelete="CASCADE")
        return sa.Column("tenant_id", UUID_TEXT, target, nullable=False)

    def user() -> sa.Column[Any]:
        target = sa.ForeignKey(platform.reference("users", "id"), ondelete="CASCADE")
        return sa.Column("user_id", UUID_TEXT, target, nullable=False)

    def item(name: str, *, nullable: bool = True) -> sa.Column[Any]:
        return sa.Column(name, UUID_TEXT, sa.ForeignKey(names.reference("items", "id")), nullable=nullable)

    def whole(name: str, start: int) -> sa.Column[Any]:
        return sa.Column(name, sa.Integer, nullable=False, server_default=str(start))

    def word(name: str, values: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
        check = sa.CheckConstraint(f"{name} IN {values}")
        return sa.Column(name, sa.Text, check, nullable=nullable, server_default=default)

    def minutes(name: str) -> sa.Column[Any]:
        return sa.Column(name, sa.Integer, sa.CheckConstraint(f"{name} IN (25, 50, 90)"), nullable=False)

    def at(name: str) -> sa.Column[Any]:
        return sa.Column(name, UtcTime, nullable=False, server_default=now)

    create(
        "items",
        key(),
        sa.Column("name", sa.Text, nullable=False),
        word("type", "('hat','outfit','accessory')"),
        word("rarity", "('common','rare','epic')"),
        sa.Column("sprite_key", sa.Text, nullable=False),
        sa.Column("unlock_level", sa.Integer, server_default="1"),
        word("room_affinity", _ROOMS, nullable=True),
        at("created_at"),
    )
    create(
        "heroes",
        key(),
        tenant(),
        user(),
        whole("level", 1),
        whole("exp", 0),
        whole("gold", 0),
        item("equipped_hat_id"),
        item("equipped_outfit_id"),
        item("equipped_accessory_id"),
        at("updated_at"),
        sa.UniqueConstraint("tenant_id", "user_id"),
    )
    create(
        "task_templates",
        key(),
        tenant(),
        user(),
        sa.Column("name", sa.Text, nullable=False),
        word("category", "('study','build','training','custom')"),
        minutes("default_duration_minutes"),
        word("room", _ROOMS),
        at("created_at"),
        at("updated_at"),
        sa.Column("deleted_at", UtcTime),
    )
    create(
        "sessions",
        key(),
        tenant(),
        user(),
        sa.Column("task_template_id", UUID_TEXT, sa.ForeignKey(names.reference("task_templates", "id"))),
        minutes("duration_minutes"),
        word("room", _ROOMS),
        sa.Column("started_at", UtcTime, nullable=False),
        sa.Column("ended_at", UtcTime),
        word("status", "('pending','active','success','cancel','timeout')", default="pending"),
        whole("reward_exp", 0),
        whole("reward_gold", 0),
        item("drop_item_id"),
        at("created_at"),
        at("updated_at"),
    )
    create(
        "inventory",
        key(),
        tenant(),
        user(),
        item("item_id", nullable=False),
        at("obtained_at"),
        sa.UniqueConstraint("tenant_id", "user_id", "item_id"),
    )
    create(
        "world_states",
        key(),
        tenant(),
        user(),
        whole("study_room_level", 1),
        whole("build_room_level", 1),
        whole("training_room_level", 1),
        whole("plaza_level", 1),
        whole("total_sessions_success", 0),
        whole("day_streak", 0),
        sa.Column("last_session_date", sa.Date),
        sa.Column("last_reset_at", UtcTime),
        sa.UniqueConstraint("tenant_id", "user_id"),
    )
    create(
        "cosmetic_drop_logs",
        key(),
        tenant(),
        sa.Column(
            "session_id",
            UUID_TEXT,
            sa.ForeignKey(names.reference("sessions", "id"), ondelete="CASCADE"),
            nullable=False,
        ),
        item("item_id", nullable=False),
        at("rolled_at"),
    )
    create(
        "featured_items",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        item("item_id", nullable=False),
    )
    _create_indexes(names)
    _fill_items(names)
    _create_views(names, postgres=postgres)
    if postgres:
        _build_wall()


def _create_indexes(names: Names) -> None:
    # SQLite keeps all indexes in one room, so there the schema is in the name, as it is in a table's.
    def index(name: str, table: str, columns: str, where: str = "") -> None:
        only = f" WHERE {where}" if where else ""
        op.execute(f"CREATE INDEX {names.table(name)} ON {names.qualified(table)} ({columns}){only}")

    index("sessions_user_status_idx", "sessions", "user_id, status DESC, started_at DESC")
    index("sessions_pending_idx", "sessions", "started_at", "status = 'pending'")
    index("sessions_open_idx", "sessions", "started_at", "status IN ('pending', 'active')")
    index("sessions_history_idx", "sessions", "tenant_id, user_id, started_at DESC, id DESC")
    index("sessions_task_template_idx", "sessions", "task_template_id")
    index("task_templates_page_idx", "task_templates", "tenant_id, user_id, created_at, id", "deleted_at IS NULL")
    index("world_states_streak_idx", "world_states", "last_session_date", "day_streak > 0")
    index("cosmetic_drop_logs_session_idx", "cosmetic_drop_logs", "session_id")


def _fill_items(names: Names) -> None:
    columns: list[sa.ColumnClause[Any]] = [sa.column("id", UUID_TEXT), sa.column("created_at", UtcTime)]
    columns += map(sa.column, ("name", "type", "rarity", "sprite_key", "unlock_level", "room_affinity"))
    table = sa.table(names.table("items"), *columns, schema=names.schema)
    rows = []
    for line in _ITEMS.strip().splitlines():
        item_id, level, rarity, room, sprite_key, name = line.split(maxsplit=5)
        rows.append(
            {
                "id": item_id,
                "name": name,
                "type": sprite_key.partition("_")[0],
                "rarity": rarity,
                "sprite_key": sprite_key,
                "unlock_level": int(level),
                "room_affinity": None if room == "-" else room,
                "created_at": _BORN,
            }
        )
    op.bulk_insert(table, rows)


def _create_views(names: Names, *, postgres: bool) -> None:
    heroes, states, board = map(names.qualified, ("heroes", "world_states", "hero_progression_view"))
    if not postgres:
        _drop_views(names)  # a forced restore clears away tables, and leaves views
    op.execute(
        f"CREATE {'MATERIALIZED ' if postgres else ''}VIEW {board} AS"
        " SELECT hero.tenant_id, hero.user_id, hero.level, hero.exp, state.total_sessions_success AS total_sessions"
        f" FROM {heroes} AS hero"
        f" JOIN {states} AS state ON state.tenant_id = hero.tenant_id AND state.user_id = hero.user_id"
    )
    # A view reads with its owner's eyes: without security_invoker this one would be a door in the wall.
    op.execute(
        f"CREATE VIEW {names.qualified('inventory_with_items')}{' WITH (security_invoker = true)' if postgres else ''}"
        " AS SELECT owned.id, owned.tenant_id, owned.user_id, owned.item_id, owned.obtained_at, item.name, item.type,"
        " item.rarity, item.sprite_key, item.unlock_level, item.room_affinity"
        f" FROM {names.qualified('inventory')} AS owned JOIN {names.qualified('items')} AS item"
        " ON item.id = owned.item_id"
    )
    if not postgres:
        op.execute(f"CREATE VIEW {names.qualified('leaderboard')} AS SELECT * FROM {board}")
        return
    op.execute(f"CREATE UNIQUE INDEX hero_progression_view_key ON {board} (tenant_id, user_id)")
    op.execute(f"CREATE INDEX hero_progression_view_rank ON {board} (tenant_id, level DESC, exp DESC)")
    # A materialized view cannot have policies; this fence in front of it stands for them.
    op.execute(
        "CREATE VIEW focus.leaderboard WITH (security_barrier = true) AS"
        f" SELECT * FROM {board} WHERE tenant_id = {_setting('tenant_id')}"
    )


def _setting(name: str) -> str:
    return f"NULLIF(current_setting('gamefold.{name}', true), '')::uuid"


def _build_wall() -> None:
    """Let `gamefold_app` see one tenant's one user, and write task templates; the owner sees and writes everything.

    FORCE is why the owner needs a policy of its own: nobody is let through for what they are.
    """
    op.execute(_MAKE_ROLE)
    mine = f"tenant_id = {_setting('tenant_id')} AND user_id = {_setting('user_id')}"
    logged = (
        f"tenant_id = {_setting('tenant_id')} AND EXISTS (SELECT 1 FROM focus.sessions AS session"
        f" WHERE session.id = session_id AND session.user_id = {_setting('user_id')})"
    )
    for table in (*_OWNED, "cosmetic_drop_logs"):
        rows = logged if table == "cosmetic_drop_logs" else mine
        op.execute(f"ALTER TABLE focus.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE focus.{table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY app_rows ON focus.{table} TO gamefold_app USING ({rows}) WITH CHECK ({rows})")
        op.execute(f"CREATE POLICY owner_rows ON focus.{table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("GRANT USAGE ON SCHEMA focus TO gamefold_app")
    seen = ", ".join(f"focus.{name}" for name in (*_TABLES, "inventory_with_items", "leaderboard"))
    op.execute(f"GRANT SELECT ON {seen} TO gamefold_app")
    op.execute("GRANT INSERT, UPDATE ON focus.task_templates TO gamefold_app")


# The role belongs to the whole server, so another database may have made it, or may be making it right now.
_MAKE_ROLE = """
    DO $$
    BEGIN
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gamefold_app') THEN
            BEGIN
                CREATE ROLE gamefold_app NOLOGIN NOBYPASSRLS;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END;
        END IF;
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            EXECUTE format('GRANT gamefold_app TO %I', current_user);
        END IF;
    EXCEPTION WHEN insufficient_privilege THEN
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gamefold_app')
            OR NOT pg_has_role(current_user, 'gamefold_app', 'MEMBER') THEN
            RAISE insufficient_privilege USING MESSAGE = format(
                'Gamefold needs the role gamefold_app; as a superuser run: '
                'CREATE ROLE gamefold_app NOLOGIN; GRANT gamefold_app TO %I', current_user);
        END IF;
    END $$
"""


def downgrade() -> None:
    """Drop views and tables; the saves stay in the journal, and the role may serve other databases of the server."""
    names = Names(op.get_bind(), "focus")
    _drop_views(names)
    for name in reversed(_TABLES):
        op.drop_table(names.table(name), schema=names.schema)
    names.drop_schema()


def _drop_views(names: Names) -> None:
    op.execute(f"DROP VIEW IF EXISTS {names.qualified('leaderboard')}")
    op.execute(f"DROP VIEW IF EXISTS {names.qualified('inventory_with_items')}")
    materialized = "" if names.schema is None else "MATERIALIZED "
    op.execute(f"DROP {materialized}VIEW IF EXISTS {names.qualified('hero_progression_view')}")
