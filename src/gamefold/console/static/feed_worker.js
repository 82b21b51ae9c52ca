// A shared worker: all tabs of this browser that watch the same match share one connection. Over HTTP/1.1 a browser
// opens six to a server, so without this the seventh tab would wait for ever.

import { Feed } from "./feed.js";

/** @type {Map<string, {feed: Feed, all: object[], status: string, ports: Set<MessagePort>}>} */
const rooms = new Map();

addEventListener("connect", ({ ports: [port] }) => {
  let address = "";
  port.onmessage = ({ data }) => {
    if (address) leave(address, port);
    address = data.watch?.live ?? "";
    if (address) join(data.watch, port);
  };
});

function join(sources, port) {
  let room = rooms.get(sources.live);
  if (!room) {
    room = { all: [], status: "loading", ports: new Set() };
    room.feed = new Feed(sources, (told) => heard(room, told), (status) => changed(room, status));
    rooms.set(sources.live, room);
    room.feed.start();
  }
  room.ports.add(port);
  if (room.all.length) port.postMessage({ events: room.all, fresh: true });
  port.postMessage({ status: room.status });
}

function leave(address, port) {
  const room = rooms.get(address);
  room?.ports.delete(port);
  if (room && !room.ports.size) {
    room.feed.stop();
    rooms.delete(address);
  }
}

function heard(room, told) {
  const fresh = room.all.length === 0;
  room.all.push(...told);
  for (const port of room.ports) port.postMessage({ events: told, fresh });
}

function changed(room, status) {
  room.status = status;
  for (const port of room.ports) port.postMessage({ status });
}
