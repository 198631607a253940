import type { Finding } from '../../contract/facts.js';
import { LIMITS } from '../../contract/limits.js';
import { count, finishReport, titleOf } from './report.js';
import { forEachTextFile, lineCounter, scanFigures, survey } from './scan.js';
import { redact } from './secret-rules.js';
import type { Skill } from './skill.js';

const WORDS = ['TODO', 'FIXME', 'HACK', 'XXX'] as const;
type Word = (typeof WORDS)[number];

/**
 * Lines that hold one of the words, in capitals and whole, anywhere in a text file: what `LC_ALL=C grep -nwE
 * 'TODO|FIXME|HACK|XXX'` prints for the same files. A line with two of the words is one line, and one in the row of
 * each word.
 */
export const todoComments: Skill = {
  name: 'todo-comments',
  title: titleOf('todo-comments'),
  async run(context) {
    const ground = await survey(context);
    const lines: Record<Word, number> = { TODO: 0, FIXME: 0, HACK: 0, XXX: 0 };
    const findings: Finding[] = [];
    const perFile = new Map<string, number>();
    let total = 0;
    const totals = await forEachTextFile({
      ground,
      context,
      visit(file, content) {
        for (const { line, words, text } of markedLines(content)) {
          total += 1;
          perFile.set(file.path, (perFile.get(file.path) ?? 0) + 1);
          for (const word of words) lines[word] += 1;
          if (findings.length < LIMITS.findingsPerSkill) {
            findings.push({ severity: 'info', message: text, path: file.path, line });
          }
        }
      },
    });
    const files = [...perFile].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    return finishReport({
      skill: 'todo-comments',
      summary: `${count(total, 'line')} in ${count(files.length, 'file')} hold TODO, FIXME, HACK or XXX.`,
      figures: { lines: total, files: files.length, ...lines, ...scanFigures(totals) },
      tables: files.length > 0 ? [{ title: 'By file', columns: ['file', 'lines'], rows: files }] : [],
      findings,
      findingsLeftOut: total - findings.length,
    });
  },
};

interface MarkedLine {
  /** Counted from 1. */
  line: number;
  words: Set<Word>;
  text: string;
}

function markedLines(content: Buffer): MarkedLine[] {
  if (!WORDS.some((word) => content.includes(word))) return [];
  // One byte is one character here, so that a word ends where it ends for grep in the C locale.
  const text = content.toString('latin1');
  const shown = redact(text);
  const lineAt = lineCounter(text);
  const marked: MarkedLine[] = [];
  for (const match of text.matchAll(/(?<![A-Za-z0-9_])(?:TODO|FIXME|HACK|XXX)(?![A-Za-z0-9_])/g)) {
    const line = lineAt(match.index);
    const last = marked.at(-1);
    if (last?.line === line) last.words.add(match[0] as Word);
    else marked.push({ line, words: new Set([match[0] as Word]), text: excerpt(shown, match.index) });
  }
  return marked;
}

const EXCERPT_BYTES = 160;

/** The line around `at` of a text of bytes: its beginning, or, in a long line, what follows `at`. */
function excerpt(bytes: string, at: number): string {
  const lineStart = bytes.lastIndexOf('\n', at) + 1;
  const start = at - lineStart < EXCERPT_BYTES / 2 ? lineStart : at;
  const newline = bytes.indexOf('\n', start);
  const end = Math.min(newline < 0 ? bytes.length : newline, start + EXCERPT_BYTES);
  return Buffer.from(bytes.slice(start, end), 'latin1').toString('utf8').trim();
}
