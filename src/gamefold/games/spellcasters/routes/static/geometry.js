// Where things are on the board, in the units of its drawing.

export const TILE = 60;

/** The middle of a tile. */
export function middle([x, y]) {
  return [x * TILE + TILE / 2, y * TILE + TILE / 2];
}

/** Move an element's origin to a tile. */
export function place(element, position, [dx, dy] = [0, 0], scale = 1) {
  const [x, y] = middle(position);
  element.style.transform = `translate(${x + dx}px, ${y + dy}px) scale(${scale})`;
}

/** Where each of several on one tile stands, so that none hides another. */
export function standing(count, at) {
  if (count < 2) return { offset: [0, 0], scale: 1 };
  const angle = (at / count) * 2 * Math.PI + Math.PI;
  const reach = TILE * 0.2;
  return { offset: [Math.cos(angle) * reach * 1.2, Math.sin(angle) * reach], scale: count > 2 ? 0.62 : 0.74 };
}
