import { test, expect } from 'vitest';
import { simulate } from './world.js';
test('x', () => {
  const t=Date.now(); let bad=0; const outcomes: Record<string, number>={};
  for (let seed=1; seed<=20000; seed++) { let r; try { r=simulate(seed);} catch(e){ console.log('THROW', seed, (e as Error).message); bad++; if (bad>5) break; continue }
    outcomes[String(r.state.outcome)]=(outcomes[String(r.state.outcome)]??0)+1;
    if (r.violations.length) { if (bad==0) console.log(r.trace.slice(0,40).join("\n"), r.state.stopped, r.state.phase, JSON.stringify(r.state.details)); console.log(seed, r.violations.slice(0,3)); if (++bad>8) break; } }
  console.log(Date.now()-t, outcomes); expect(bad).toBe(0);
}, 120000);
