// Where the viewer is in a match, and how it goes on. It knows no element of the page, so it is the same for a live
// match and for a replay: frames come in at one end, and `show` events say which one to draw.

const TURN_MS = 1_000; // how long a turn is shown at speed 1
const STEP_MS = 260; // how long a step by hand moves

export const SPEEDS = [0.5, 1, 2, 5, 10];

/**
 * Events: `show` (draw the frame at `index`; detail {smooth, ms}), `grow` (there are other frames than before) and
 * `state` (playing, following, speed or the end changed).
 */
export class Timeline extends EventTarget {
  /** @param {(name: string, data: any, previous: any) => any} read   the game's reader of stream events */
  constructor(read) {
    super();
    this.read = read;
    /** @type {import("./contract.js").Frame[]} */
    this.frames = [];
    this.over = null;
    this.index = -1;
    this.playing = false;
    this.following = false; // each new turn is shown as it comes
    this.speed = 1;
    this.timer = 0;
  }

  get frame() {
    return this.frames[this.index];
  }

  get atEnd() {
    return this.index === this.frames.length - 1;
  }

  /** How many turns there are that the viewer has not seen. */
  get behind() {
    return this.frames.length - 1 - this.index;
  }

  /** Take events in; with `fresh` they begin at the beginning again. The viewer stays at the turn shown. */
  add(events, fresh) {
    const turn = this.frame?.turn;
    const before = this.frames.length;
    if (fresh) {
      this.frames = [];
      this.over = null;
    }
    for (const told of events) {
      const known = this.read(told.name, told.data, this.frames.at(-1));
      if (known?.over) this.over = known.over;
      if (known?.frame) this.place(known.frame, told);
    }
    if (turn !== undefined) this.index = this.indexOf(turn);
    this.emit("grow");
    if (this.following && this.index !== this.frames.length - 1) {
      this.moveTo(this.frames.length - 1, this.frames.length === before + 1, this.pace);
    } else if (turn !== undefined && (fresh || this.frame.turn !== turn)) {
      this.moveTo(this.index, false, 0);
    }
    if (this.over) this.settle();
    this.emit("state");
  }

  /** The index of a turn, or the nearest there is. */
  indexOf(turn) {
    const first = this.frames[0]?.turn ?? 0;
    return Math.max(0, Math.min(this.frames.length - 1, turn - first));
  }

  /** Go somewhere by hand: what plays stops. */
  seek(index, smooth = false) {
    this.pause();
    const wanted = Math.max(0, Math.min(this.frames.length - 1, index));
    if (wanted !== this.index) this.moveTo(wanted, smooth && Math.abs(wanted - this.index) === 1, STEP_MS);
  }

  step(by) {
    this.seek(this.index + by, true);
  }

  /** Go to the next frame with a mark, or with `by` -1 to the one before; to the end where there is none. */
  seekMark(by) {
    let index = this.index + by;
    while (index > 0 && index < this.frames.length - 1 && !this.frames[index].marks.length) index += by;
    this.seek(index, true);
  }

  play() {
    if (!this.frames.length) return;
    if (this.atEnd && this.over) this.moveTo(0, false, 0);
    this.playing = true;
    this.following = this.atEnd && !this.over;
    this.schedule();
    this.emit("state");
  }

  pause() {
    clearTimeout(this.timer);
    if (!this.playing) return;
    this.playing = this.following = false;
    this.emit("state");
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Show the newest turn, and each one that comes. */
  goLive() {
    clearTimeout(this.timer);
    this.playing = this.following = !this.over;
    if (!this.atEnd) this.moveTo(this.frames.length - 1, false, 0);
    this.emit("state");
  }

  setSpeed(speed) {
    this.speed = SPEEDS.includes(speed) ? speed : 1;
    if (this.playing && !this.following) this.schedule();
    this.emit("state");
  }

  get pace() {
    return Math.min(420, (TURN_MS / this.speed) * 0.7);
  }

  place(frame, told) {
    // After a rollback the match goes on from an earlier turn, and what came after that has not happened.
    const index = this.frames.findLastIndex((known) => known.turn < frame.turn) + 1;
    if (index < this.frames.length) {
      this.frames.length = index;
      this.over = null;
      const again = this.read(told.name, told.data, this.frames.at(-1));
      frame = again.frame;
    }
    this.frames.push(frame);
  }

  schedule() {
    clearTimeout(this.timer);
    if (!this.following) this.timer = setTimeout(() => this.advance(), TURN_MS / this.speed);
  }

  advance() {
    if (!this.atEnd) this.moveTo(this.index + 1, true, this.pace);
    if (this.atEnd) {
      if (this.over) this.settle();
      else this.following = true;
      this.emit("state");
    }
    if (this.playing) this.schedule();
  }

  settle() {
    this.following = false;
    if (this.atEnd) this.playing = false;
    else if (this.playing) this.schedule();
  }

  moveTo(index, smooth, ms) {
    this.index = index;
    this.emit("show", { smooth, ms });
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
