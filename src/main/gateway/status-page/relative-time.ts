/**
 * An instant as people say it: `12 s ago`, `in 3 min`. Its source text goes into the page's script as it is, so that server and
 * browser say the same: it may use nothing from around it.
 */
export function relativeTime(atMs: number, nowMs: number): string {
  const seconds = Math.round(Math.abs(nowMs - atMs) / 1000);
  if (seconds < 1) return 'now';
  let amount = `${seconds} s`;
  if (seconds >= 172_800) amount = `${Math.floor(seconds / 86_400)} days`;
  else if (seconds >= 7_200) amount = `${Math.floor(seconds / 3_600)} h`;
  else if (seconds >= 120) amount = `${Math.floor(seconds / 60)} min`;
  return atMs > nowMs ? `in ${amount}` : `${amount} ago`;
}
