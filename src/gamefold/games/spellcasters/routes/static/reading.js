// Reads turns: what changed, what is worth a tick, and how it is said.

const SIDES = [1, 2];
const ARROWS = { "0,-1": "up", "0,1": "down", "-1,0": "left", "1,0": "right" };
export const HP_MOST = 100;
export const MANA_MOST = 100;

/** Make the frame of one stream event; see the contract. */
export function frameOf(data, previous) {
  const { state } = data;
  const change = previous ? changeBetween(previous.data.state, state, data) : { harm: {}, fallen: [], silent: [] };
  const marks = [];
  for (const side of SIDES) {
    if (change.harm[side] > 0) marks.push({ kind: "damage", side });
    if (change.silent.includes(side)) marks.push({ kind: "timeout", side });
  }
  for (const { side } of change.fallen) marks.push({ kind: "kill", side });
  const timeouts = SIDES.map((side, at) => (previous?.timeouts[at] ?? 0) + (change.silent.includes(side) ? 1 : 0));
  return {
    turn: data.turn,
    lines: data.events.length ? data.events : data.turn === 0 ? ["The match begins."] : [],
    marks,
    levels: { one: level(state.player_1), two: level(state.player_2) },
    data,
    change,
    timeouts,
  };
}

/** The wizard of a side. */
export function wizardOf(state, side) {
  return state[`player_${side}`];
}

/** The side a minion fights on: it names its wizard, and wizards of one match have different names. */
export function sideOf(state, minion) {
  return minion.owner === state.player_1.name ? 1 : 2;
}

/** The spell a side really cast this turn, or null: what is asked for may be refused or lost. */
export function castOf(data, side) {
  const { name } = wizardOf(data.state, side);
  const spell = data.actions[side - 1]?.resolved?.spell;
  if (!spell) return null;
  const failed = data.events.some((line) => line.startsWith(`${name} cannot cast `) || line === `${name} loses ${spell.name} to the collision`);
  return failed ? null : spell;
}

/** Tiles on which two met, as the lines tell them. */
export function collisions(data) {
  return data.events.flatMap((line) => {
    const found = /collide at \[(\d+), (\d+)\]$/.exec(line);
    return found ? [[Number(found[1]), Number(found[2])]] : [];
  });
}

/** What a side did, in words. */
export function actionInWords(data, side) {
  if (data.turn === 0) return "Not yet asked";
  const resolved = data.actions[side - 1]?.resolved;
  if (!resolved) return "No action";
  const parts = [];
  const [x, y] = resolved.move ?? [0, 0];
  if (x || y) parts.push(ARROWS[[x, y]] ? `moves ${ARROWS[[x, y]]}` : `moves ${y < 0 ? "up" : "down"} ${x < 0 ? "left" : "right"}`);
  if (resolved.spell) {
    const { name, target } = resolved.spell;
    const spell = name.replace("_", " ") + (target ? ` at ${tile(target)}` : "");
    parts.push(castOf(data, side) ? spell : `${spell} (fails)`);
  }
  return parts.join(", ") || "waits";
}

/** The board in sentences. */
export function boardInWords({ data }) {
  const { state } = data;
  const wizards = SIDES.map((side) => {
    const { name, hp, mana, position, shield_active: shielded } = wizardOf(state, side);
    return `${name}, side ${side}, at ${tile(position)}: ${Math.max(0, hp)} HP, ${mana} mana${shielded ? ", shielded" : ""}.`;
  });
  const minions = state.minions.map(({ id, hp, position, owner }) => `Minion ${id} of ${owner} at ${tile(position)}: ${hp} HP.`);
  const artifacts = state.artifacts.map(({ type, position }) => `A ${type} artifact at ${tile(position)}.`);
  const next = state.next_artifact;
  const coming = next ? [`A ${next.type} artifact appears next turn at ${tile(next.position)}.`] : [];
  return [...wizards, ...minions, ...artifacts, ...coming];
}

/** How a match ended, in words; `low` keeps the words off the half of the board where the loser fell. */
export function resultOf({ winner, reason }, { turn, data: { state } }) {
  if (reason === "aborted") return { side: null, low: false, title: "Match stopped", text: `Stopped from outside after turn ${turn}; nobody wins.` };
  if (winner === null) {
    const text = reason === "max_turns" ? `All ${turn} turns are played, and both still stand.` : `Both fell on turn ${turn}.`;
    return { side: null, low: false, title: "Draw", text };
  }
  const { player_1: one, player_2: two } = state;
  // A bot may play against itself, and then its id names both.
  const side = one.player_id === two.player_id ? (one.hp > 0 ? 1 : 2) : winner === one.player_id ? 1 : 2;
  const loser = wizardOf(state, 3 - side);
  return { side, low: loser.position[1] < state.board_size / 2, title: `${wizardOf(state, side).name} wins`, text: `${loser.name} fell to 0 HP on turn ${turn}.` };
}

function changeBetween(before, after, { turn, actions }) {
  const harm = Object.fromEntries(SIDES.map((side) => [side, wizardOf(before, side).hp - wizardOf(after, side).hp]));
  const alive = new Set(after.minions.map(({ id }) => id));
  const fallen = before.minions.filter(({ id }) => !alive.has(id)).map((minion) => ({ side: sideOf(before, minion), minion }));
  for (const side of SIDES) if (wizardOf(after, side).hp <= 0) fallen.push({ side, minion: null });
  const silent = SIDES.filter((side) => turn > 0 && !actions[side - 1]?.resolved);
  return { harm, fallen, silent };
}

function level({ hp }) {
  return Math.max(0, hp) / HP_MOST;
}

function tile([x, y]) {
  return `[${x}, ${y}]`;
}
