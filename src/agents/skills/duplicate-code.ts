import type { Finding } from '../../contract/facts.js';
import { LIMITS } from '../../contract/limits.js';
import { languageOf } from '../../workspace/languages.js';
import { findDuplicates, LineStore, type Duplicate } from './duplicates.js';
import { count, finishReport, titleOf } from './report.js';
import { forEachTextFile, scanFigures, survey } from './scan.js';
import type { Skill } from './skill.js';

const BLOCK_LINES = 6;

/**
 * Blocks of six or more normalised lines that stand in a second place of the source files. Normalised means: white
 * space at the ends dropped and inside made one space; lines without a letter or a digit left out. Each line is
 * reported as a copy once, of the first place where it stands.
 */
export const duplicateCode: Skill = {
  name: 'duplicate-code',
  title: titleOf('duplicate-code'),
  async run(context) {
    const ground = await survey(context);
    const store = new LineStore();
    const totals = await forEachTextFile({
      ground,
      context,
      only: (file) => languageOf(file.path)?.kind === 'code',
      visit: (file, content) => store.add(file.path, content.toString('utf8')),
    });
    const found = findDuplicates(store, BLOCK_LINES, context.signal);
    const files = new Set(found.largest.flatMap((block) => [block.first.path, block.second.path]));
    const [copied, all] = [found.lines, store.lines];
    return finishReport({
      skill: 'duplicate-code',
      summary: `${count(found.blocks, 'duplicate block')}, ${copied} of ${count(all, 'normalised line')} are copies.`,
      figures: {
        blocks: found.blocks,
        'copied lines': copied,
        'normalised lines': all,
        'copied percent': all === 0 ? 0 : Math.round((1000 * copied) / all) / 10,
        'files in the blocks shown': files.size,
        ...(store.left > 0 ? { 'files beyond the limit of lines': store.left } : {}),
        ...scanFigures(totals),
      },
      findings: found.largest.slice(0, LIMITS.findingsPerSkill).map(finding),
      findingsLeftOut: found.blocks - Math.min(found.largest.length, LIMITS.findingsPerSkill),
    });
  },
};

const LARGE_BLOCK_LINES = 30;

function finding({ lines, first, second }: Duplicate): Finding {
  return {
    severity: lines >= LARGE_BLOCK_LINES ? 'minor' : 'info',
    message: `${lines} lines, up to line ${second.to}, also stand in ${first.path}:${first.from}-${first.to}`,
    path: second.path,
    line: second.from,
  };
}
