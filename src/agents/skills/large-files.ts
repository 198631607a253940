import { LIMITS } from '../../contract/limits.js';
import type { Finding } from '../../contract/facts.js';
import { countLines } from '../../workspace/files.js';
import { languageOf } from '../../workspace/languages.js';
import { count, finishReport, titleOf } from './report.js';
import { survey } from './scan.js';
import type { Skill } from './skill.js';

const LARGE_BYTES = 1024 * 1024;
const LONG_LINES = 1000;
const SHOWN = 20;

/** The largest files by bytes (all of them), and by lines as `wc -l` counts them (those without a NUL byte). */
export const largeFiles: Skill = {
  name: 'large-files',
  title: titleOf('large-files'),
  async run(context) {
    const { root, listing } = await survey(context);
    const regular = listing.files.filter((file) => file.kind === 'file');
    const counted: { path: string; lines: number; source: boolean }[] = [];
    for (let start = 0; start < regular.length; start += LIMITS.filesAtOnce) {
      context.signal.throwIfAborted();
      const batch = regular.slice(start, start + LIMITS.filesAtOnce);
      const results = await Promise.all(batch.map((file) => countLines(root, file)));
      for (const [index, { path }] of batch.entries()) {
        const result = results[index];
        if (result?.kind !== 'counted' || result.binary) continue;
        counted.push({ path, lines: result.lines, source: languageOf(path)?.kind === 'code' });
      }
      context.progress(Math.floor((100 * (start + batch.length)) / regular.length), batch.at(-1)?.path ?? '');
    }
    const bySize = [...regular].sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1));
    const byLines = counted.sort((a, b) => b.lines - a.lines || (a.path < b.path ? -1 : 1));
    const large = bySize.filter((file) => file.bytes > LARGE_BYTES);
    const long = byLines.filter((file) => file.source && file.lines > LONG_LINES);
    const findings: Finding[] = [
      ...large.map(({ path, bytes }): Finding => ({ severity: 'minor', message: `${bytes} bytes`, path })),
      ...long.map(({ path, lines }): Finding => ({ severity: 'minor', message: `${lines} lines of source`, path })),
    ];
    return finishReport({
      skill: 'large-files',
      summary: `${count(large.length, 'file')} over 1 MiB, ${count(long.length, 'source file')} over ${LONG_LINES} lines.`,
      figures: {
        'files over 1 MiB': large.length,
        'source files over 1000 lines': long.length,
        'largest file in bytes': bySize[0]?.bytes ?? 0,
        'longest file in lines': byLines[0]?.lines ?? 0,
      },
      tables: [
        { title: 'Largest', columns: ['file', 'bytes'], rows: bySize.slice(0, SHOWN).map((f) => [f.path, f.bytes]) },
        { title: 'Longest', columns: ['file', 'lines'], rows: byLines.slice(0, SHOWN).map((f) => [f.path, f.lines]) },
      ],
      findings,
    });
  },
};
