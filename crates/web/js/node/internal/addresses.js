// What is an IP address.
const isByte = (text) => /^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) <= 255;

export const isIPv4 = (text) => {
  const parts = `${text}`.split(".");
  return parts.length === 4 && parts.every(isByte);
};

export const isIPv6 = (text) => {
  const [address, ...zone] = `${text}`.split("%");
  if (zone.length > 1 || (zone.length === 1 && !/^[0-9a-zA-Z\-.:]+$/.test(zone[0]))) return false;
  const halves = address.split("::");
  if (halves.length > 2) return false;
  let count = 0;
  for (const [at, half] of halves.entries()) {
    if (half === "") continue;
    const groups = half.split(":");
    for (const [place, group] of groups.entries()) {
      const isLast = at === halves.length - 1 && place === groups.length - 1;
      if (isLast && isIPv4(group)) count += 2;
      else if (/^[0-9a-f]{1,4}$/i.test(group)) count++;
      else return false;
    }
  }
  return halves.length === 2 ? count <= 7 : count === 8;
};

export const isIP = (text) => (isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0);
