/**
 * What a game's module gives the pages as its default export, and what the pages hand to it. Types only.
 *
 * The pages know nothing of a game, and a game's module imports nothing of the pages: the builders it draws with come
 * as the `kit`. All addresses begin with `base`, the prefix under which the game runs here.
 *
 * @typedef {object} Game
 * @property {string} about                                  one sentence for people
 * @property {string} css                                    address of its style sheet
 * @property {string} symbols                                its sprites, as SVG `<symbol>` elements
 * @property {(base: string, id: string) => Sources} sources where a match is to be had
 * @property {(name: string, data: any, previous: ?Frame) => ?Read} read   understands one event of the streams
 * @property {(kit: Kit, id: string) => Stage} stage         makes the board and what stands around it
 * @property {(kit: Kit, data: any) => Element} thumbnail    draws a small board
 * @property {(base: string) => string} firstRequest         a curl command that begins something
 * @property {(kit: Kit, base: string) => Hub} hub           the lists and forms of its hub
 *
 * @typedef {object} Sources
 * @property {string} replay   everything until now, as server-sent events, and then the end of the stream
 * @property {string} live     everything after `?since=<id>`, as it happens
 * @property {string} last     the name of the event after which nothing comes
 * @property {{href: string, text: string}[]} exports   the match in other forms
 *
 * @typedef {{frame: Frame} | {over: any}} Read
 *
 * @typedef {object} Frame     what one turn left behind
 * @property {number} turn
 * @property {string[]} lines  what happened, for people
 * @property {Mark[]} marks    what is worth a tick on the scrub bar
 * @property {Object<string, number>} levels   by series: where its line is in the strip, 0 to 1
 * @property {any} data
 *
 * @typedef {object} Mark
 * @property {string} kind     one of the stage's `legend`
 * @property {1|2} side
 *
 * @typedef {object} Stage
 * @property {Element} score   who plays, and how they stand
 * @property {Element} board
 * @property {Element} details
 * @property {{kind: string, text: string}[]} legend
 * @property {{name: string, side: 1|2}[]} series
 * @property {(frame: Frame, previous: ?Frame, move: {smooth: boolean, ms: number}) => void} show
 * @property {(frame: Frame) => string} title
 * @property {(frame: Frame) => string[]} describe           the board in words
 * @property {(over: any, frame: Frame) => {side: 1|2|null, low: boolean, title: string, text: string}} result
 *   `low`: show it on the lower half of the board
 *
 * @typedef {object} Hub
 * @property {() => Promise<{items: Running[], more: boolean}>} running
 * @property {(cursor: ?string) => Promise<{items: Past[], next: ?string}>} recent
 * @property {(id: string) => Promise<Past>} ended   one match that is over
 * @property {Form[]} forms
 *
 * @typedef {{id: string, title: string, data: ?any}} Running
 * @typedef {{id: string, title: string, result: string, side: 1|2|null, endedAt: string}} Past
 *
 * @typedef {object} Form
 * @property {string} id
 * @property {string} title
 * @property {string} hint
 * @property {string} submit
 * @property {Field[]} fields
 * @property {(values: Object<string, string>, key: string) => Promise<{go?: string, said?: string, code?: string}>} send
 *   does it, at most once per key; what went wrong is thrown as an Error whose message is for people
 *
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {() => Promise<{value: string, text: string}[]>} [options]   a choice; without it a text
 * @property {string} [value]
 * @property {number} [most]   characters
 *
 * @typedef {object} Kit
 * @property {typeof import("./dom.js").h} h
 * @property {typeof import("./dom.js").svg} svg
 * @property {typeof import("./ask.js").get} get
 * @property {typeof import("./ask.js").post} post
 */

export {};
