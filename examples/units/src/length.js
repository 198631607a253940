const KILOMETRES_PER_MILE = 1.609344;

/** Miles as kilometres. */
export function milesToKilometres(miles) {
  return miles * KILOMETRES_PER_MILE;
}
