// The game's pictures. Side 1 is round and wears a pointed hat, side 2 is angular, hooded and horned: shape tells them
// apart where colour does not.

const star = "M0-4 1.2-1.3 4-1 1.9.9 2.5 3.7 0 2.3-2.5 3.7-1.9.9-4-1-1.2-1.3z";

export const SYMBOLS = `
<symbol id="sc-wizard-1" viewBox="0 0 48 48">
  <ellipse class="sc-ground" cx="24" cy="43" rx="15" ry="3.5"/>
  <path class="sc-side" d="M11 43q1-15 13-18 12 3 13 18-13 3.5-26 0z"/>
  <path class="sc-shade" d="M24 25q12 3 13 18-6 2-13 2.3z"/>
  <circle class="sc-skin" cx="24" cy="22.5" r="6.5"/>
  <circle class="sc-eye" cx="21.6" cy="21.8" r="1"/><circle class="sc-eye" cx="26.4" cy="21.8" r="1"/>
  <path class="sc-beard" d="M17.5 24.5q2 .5 3.5-.3 3 1.5 6 0 1.5.8 3.5.3Q30 36 24 38.5 18 36 17.5 24.5z"/>
  <path class="sc-side" d="M15.5 17.5Q20 11 26.5 3q1.5 2.5 1 4.5 3.5 4.5 5 10-8.5-3-17 0z"/>
  <path class="sc-shade" d="M26.5 3q1.5 2.5 1 4.5 3.5 4.5 5 10-4-1.4-8.5-1.5.5-8 2.5-13z"/>
  <path class="sc-brim" d="M9.5 19.5q14.5-7 29 0-14.5 4-29 0z"/>
  <path class="sc-star" transform="translate(23.5 12.5) scale(.8)" d="${star}"/>
  <path class="sc-staff" d="M40 20v23"/><circle class="sc-orb" cx="40" cy="17.5" r="3.2"/>
</symbol>
<symbol id="sc-wizard-2" viewBox="0 0 48 48">
  <ellipse class="sc-ground" cx="24" cy="43" rx="15" ry="3.5"/>
  <path class="sc-horn" d="M15 15Q6 12 7.5 2.5q3 5.5 10.5 6z"/><path class="sc-horn" d="M33 15q9-3 7.5-12.5-3 5.5-10.5 6z"/>
  <path class="sc-side" d="M24 5.5 34 13l2 11 3.5 19L24 46 8.5 43 12 24l2-11z"/>
  <path class="sc-shade" d="M24 5.5 34 13l2 11 3.5 19L24 46z"/>
  <path class="sc-dark" d="M24 11.5 30.5 16v9L24 30.5 17.5 25v-9z"/>
  <path class="sc-glow" d="M18.8 19.5l4 1.8-.6 1.7-3-.6zM29.2 19.5l-4 1.8.6 1.7 3-.6z"/>
  <path class="sc-seam" d="M24 31v14M19 33.5l5 3 5-3"/>
  <path class="sc-staff" d="M8 20v23"/><path class="sc-orb" d="M8 11l3.5 5L8 21l-3.5-5z"/>
</symbol>
<symbol id="sc-minion-1" viewBox="0 0 48 48">
  <ellipse class="sc-ground" cx="24" cy="40" rx="11" ry="2.8"/>
  <path class="sc-side" d="M11 25a13 13 0 0 1 26 0v12.5q-2.2 3.5-4.3 0-2.2-3-4.4 0-2.1 3.5-4.3 0-2.2-3.5-4.3 0-2.2 3-4.4 0-2.1-3.5-4.3 0z"/>
  <path class="sc-shade" d="M24 12a13 13 0 0 1 13 13v12.5q-2.2 3.5-4.3 0-2.2-3-4.4 0-2.1 3.5-4.3 0z"/>
  <circle class="sc-white" cx="19.5" cy="24" r="3.6"/><circle class="sc-white" cx="28.5" cy="24" r="3.6"/>
  <circle class="sc-eye" cx="20.3" cy="24.6" r="1.6"/><circle class="sc-eye" cx="29.3" cy="24.6" r="1.6"/>
  <path class="sc-seam" d="M21.5 31q2.5 2 5 0"/>
</symbol>
<symbol id="sc-minion-2" viewBox="0 0 48 48">
  <ellipse class="sc-ground" cx="24" cy="41" rx="11" ry="2.8"/>
  <path class="sc-side" d="M24 9 38 22l-4 17H14l-4-17z"/><path class="sc-shade" d="M24 9 38 22l-4 17H24z"/>
  <path class="sc-horn" d="M13 18 9 8l8 5.5zM35 18l4-10-8 5.5z"/>
  <path class="sc-dark" d="M15 21h18l-2 7H17z"/>
  <path class="sc-glow" d="M17.5 22.5h5l-1 3.5zM30.5 22.5h-5l1 3.5z"/>
  <path class="sc-seam" d="M18 33l3-2 3 2 3-2 3 2"/>
</symbol>
<symbol id="sc-health" viewBox="0 0 48 48"><path class="sc-health" d="M24 39Q8 28 9 18.5 10.5 11 17 11q5 0 7 5 2-5 7-5 6.5 0 8 7.5Q40 28 24 39z"/><path class="sc-gleam" d="M13.5 18.5q.5-3.5 4-4"/></symbol>
<symbol id="sc-mana" viewBox="0 0 48 48"><path class="sc-mana" d="M24 6 37 21 24 42 11 21z"/><path class="sc-shade" d="M24 6 37 21 24 42z"/><path class="sc-facet" d="M11 21h26M18 21l6-15 6 15-6 21z"/></symbol>
<symbol id="sc-cooldown" viewBox="0 0 48 48"><path class="sc-glass" d="M15 11h18v4q0 5-6 9 6 4 6 9v4H15v-4q0-5 6-9-6-4-6-9z"/><path class="sc-sand" d="M18 16h12q-1 4-6 7-5-3-6-7zM17 36q1-5 7-7 6 2 7 7z"/><path class="sc-frame" d="M12.5 10h23M12.5 38h23"/></symbol>
<symbol id="sc-burst" viewBox="-24 -24 48 48"><path class="sc-flame" d="M0-22 5-9l12-8-6 12 12 5-12 4 7 12-13-7-4 14-5-13-13 7 7-13-14-3 13-6-8-12 13 6z"/><path class="sc-core" d="M0-12 3-4l7-3-4 6 7 2-7 3 3 7-7-4-3 8-3-8-7 4 4-7-8-1 7-4-4-6 7 3z"/></symbol>
<symbol id="sc-clash" viewBox="-24 -24 48 48"><path class="sc-clash" d="M0-20 4-5 16-14 8-1 20 5 6 5 8 20 0 8-9 19-6 5-20 4-7-1-15-14-4-5z"/></symbol>
<symbol id="sc-slash" viewBox="-24 -24 48 48"><path class="sc-slash" d="M-15 15Q0 2 16-16 9 5-15 15zM-6 17Q6 8 17-4 12 11-6 17z"/></symbol>
<symbol id="sc-fallen" viewBox="-24 -24 48 48"><path class="sc-fallen" d="M-12-12 12 12M12-12-12 12"/></symbol>
<symbol id="sc-spell-fireball" viewBox="0 0 24 24"><path d="M12 2q1 4 4.5 7 3 3 3 6.5A7.5 7.5 0 0 1 4.5 15.5Q4.5 11 8 8q0 3 2 4 0-6 2-10z" fill="currentColor"/></symbol>
<symbol id="sc-spell-shield" viewBox="0 0 24 24"><path d="M12 2.5 20 5v7q0 6-8 9.5Q4 18 4 12V5z" fill="currentColor"/></symbol>
<symbol id="sc-spell-teleport" viewBox="0 0 24 24"><path d="M12 3a9 9 0 1 1-8.5 6M12 7.5A4.5 4.5 0 1 1 7.5 12M3 3v6h6" fill="none" stroke="currentColor" stroke-width="2.2"/></symbol>
<symbol id="sc-spell-summon" viewBox="0 0 24 24"><path d="M5 13a7 7 0 0 1 14 0v8l-3.5-2-3.5 2-3.5-2L5 21z" fill="currentColor"/><path d="M12 1v3M5.5 3l1.5 2M18.5 3 17 5" stroke="currentColor" stroke-width="2"/></symbol>
<symbol id="sc-spell-heal" viewBox="0 0 24 24"><path d="M9 3h6v6h6v6h-6v6H9v-6H3V9h6z" fill="currentColor"/></symbol>
<symbol id="sc-spell-blink" viewBox="0 0 24 24"><path d="M13 2 4 14h6l-2 8L19 9h-7z" fill="currentColor"/></symbol>
<symbol id="sc-spell-melee_attack" viewBox="0 0 24 24"><path d="M20 3 9 14l-3-1-1.5 1.5 2 2L3 20l1 1 3.5-3.5 2 2L11 18l-1-3L21 4z" fill="currentColor" stroke="currentColor"/></symbol>
`;
