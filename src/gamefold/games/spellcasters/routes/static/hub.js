// The lists and forms of the hub, from the playground's own API.

const BOARDS = 6; // how many small boards are kept up to date
const PAGE = 20;
const LOOKED_AT = 50;
const BUILTINS = [
  { value: "builtin_tactical", text: "tactical_bot (built in)" },
  { value: "builtin_sample_1", text: "sample_bot_1 (built in)" },
];
const DELAYS = [
  { value: "1000", text: "1 turn a second" }, { value: "500", text: "2 turns a second" },
  { value: "200", text: "5 turns a second" }, { value: "2000", text: "1 turn in 2 seconds" },
];
const REASONS = { hp_zero: "knock-out", max_turns: "all turns played" };

/** A request that begins a match. */
export function firstRequest(base) {
  const body = JSON.stringify({ player_1_id: "builtin_sample_1", player_2_id: "builtin_tactical" });
  return `curl -X POST ${location.origin}${base}/playground/start -H 'Content-Type: application/json' -d '${body}'`;
}

/** Give the hub; see the contract. */
export function hub({ get, post }, base) {
  const own = new Map(); // players registered on this page, by id

  async function running() {
    const { items, next_cursor: next } = await get(`${base}/matches?status=running&limit=${LOOKED_AT}`);
    const latest = await Promise.all(items.slice(0, BOARDS).map(({ match_id: id }) => get(`${base}/playground/${id}`).catch(() => null)));
    return {
      items: items.map((match, at) => ({ id: match.match_id, title: names(match), data: latest[at]?.latest ?? null })),
      more: next !== null,
    };
  }

  async function recent(cursor) {
    const ended = [];
    let next = cursor;
    // The newest matches may all be running still.
    do {
      const after = next ? `&cursor=${encodeURIComponent(next)}` : "";
      const page = await get(`${base}/matches?limit=${PAGE}${after}`);
      ended.push(...page.items.filter(({ status }) => status !== "running"));
      next = page.next_cursor;
    } while (next && !ended.length);
    return { items: ended.map(past), next };
  }

  /** Everybody who may play. Only operators see all players; everybody else sees who registered here. */
  async function players() {
    const known = new Map(own);
    try {
      for (const { player_id: id, player_name: name, is_builtin: builtin } of await get(`${base}/admin/players`)) if (!builtin) known.set(id, name);
    } catch {
      // The built-in players are always there.
    }
    return [...BUILTINS, ...[...known].map(([value, text]) => ({ value, text }))];
  }

  async function start({ player_1_id, player_2_id, tick_delay_ms }, key) {
    const body = { player_1_id, player_2_id, tick_delay_ms: Number(tick_delay_ms) };
    const { session_id: id } = await post(`${base}/playground/start`, body, key);
    return { go: `${base}/watch/${id}` };
  }

  async function register({ player_name: name }, key) {
    const { player_id: id, player_name: kept } = await post(`${base}/players/register`, { player_name: name }, key);
    own.set(id, kept);
    return { said: `${kept} is registered and can be chosen above. The id to act with is:`, code: id };
  }

  return {
    running,
    recent,
    ended: async (id) => past(await get(`${base}/matches/${encodeURIComponent(id)}`)),
    forms: [
      {
        id: "start",
        title: "Start a match",
        hint: "Built-in bots play by themselves; registered players act over HTTP.",
        submit: "Start and watch",
        fields: [
          { name: "player_1_id", label: "Side 1", options: players, value: BUILTINS[0].value },
          { name: "player_2_id", label: "Side 2", options: players, value: BUILTINS[1].value },
          { name: "tick_delay_ms", label: "Pace", options: async () => DELAYS, value: DELAYS[1].value },
        ],
        send: start,
      },
      {
        id: "register",
        title: "Register a player",
        hint: "A name of up to 50 characters, different from all others.",
        submit: "Register",
        fields: [{ name: "player_name", label: "Name", most: 50 }],
        send: register,
      },
    ],
  };
}

function past(match) {
  return { id: match.match_id, title: names(match), endedAt: match.ended_at, ...outcome(match) };
}

function names({ player_1_name: one, player_2_name: two }) {
  return `${one} vs ${two}`;
}

function outcome({ status, winner_id: winner, player_1_id: one, player_2_id: two, player_1_name: first, player_2_name: second, reason, turns_played: turns }) {
  if (status === "aborted") return { side: null, result: `stopped after ${turns} turns` };
  const how = `${REASONS[reason] ?? reason}, ${turns} turns`;
  if (winner === null) return { side: null, result: `draw, ${how}` };
  // A bot that played against itself won, whichever side it was.
  const side = one === two ? null : winner === one ? 1 : 2;
  return { side, result: `${winner === one ? first : second} won, ${how}` };
}
