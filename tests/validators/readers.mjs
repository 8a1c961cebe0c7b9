// Reads calendars with ical.js (by the zone that the file itself describes) and node-ical; prints what each understood.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [tools, ...files] = process.argv.slice(2);
const need = createRequire(`${tools}/package.json`);
const icalJs = need("ical.js");
const ICAL = icalJs.default ?? icalJs;
const nodeIcal = need("node-ical");
const read = { "ical.js": {}, "node-ical": {} };

for (const file of files) {
  const text = readFileSync(file, "utf8");
  const calendar = new ICAL.Component(ICAL.parse(text));
  read["ical.js"][file] = calendar.getAllSubcomponents("vevent").map((component) => {
    const event = new ICAL.Event(component);
    return [event.uid, event.startDate.toUnixTime(), event.endDate.toUnixTime(), event.summary, event.sequence ?? 0];
  });
  read["node-ical"][file] = Object.values(nodeIcal.sync.parseICS(text))
    .filter((event) => event.type === "VEVENT")
    .map((event) => [event.uid, event.start / 1000, event.end / 1000, event.summary, Number(event.sequence ?? 0)]);
}
console.log(JSON.stringify(read));
