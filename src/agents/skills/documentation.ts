import { lstat } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Finding } from '../../contract/facts.js';
import { absolutePath, folderOf } from '../../workspace/paths.js';
import { count, finishReport, titleOf } from './report.js';
import { forEachTextFile, lineCounter, scanFigures, survey } from './scan.js';
import { redact } from './secret-rules.js';
import type { Skill } from './skill.js';

const EXPECTED: Record<string, RegExp> = {
  README: /^readme(?:\.[a-z]+)?$/i,
  CONTRIBUTING: /^(?:\.github\/|docs\/)?contributing(?:\.[a-z]+)?$/i,
  CHANGELOG: /^(?:changelog|changes|history|news|releases)(?:\.[a-z]+)?$/i,
  LICENSE: /^(?:licen[cs]e|copying)(?:[.-][a-z0-9.-]+)?$/i,
};

/**
 * A relative link is dead where nothing of that name is in the workspace. Links to other hosts, to headings, to
 * absolute paths and out of the workspace are not checked; nor are links in code.
 */
export const documentation: Skill = {
  name: 'documentation',
  title: titleOf('documentation'),
  async run(context) {
    const ground = await survey(context);
    const paths = ground.listing.files.map((file) => file.path);
    const present = Object.entries(EXPECTED).map(([name, pattern]) => ({
      name,
      path: paths.find((path) => pattern.test(path)),
    }));
    const docs = paths.find((path) => /^docs?\//i.test(path));
    const findings: Finding[] = present.flatMap(({ name, path }) =>
      path === undefined ? [{ severity: name === 'README' ? 'minor' : 'info', message: `no ${name} at the top` }] : [],
    );
    let [links, dead, pages] = [0, 0, 0];
    const totals = await forEachTextFile({
      ground,
      context,
      only: (file) => /\.(?:md|mdx|markdown)$/i.test(file.path),
      async visit(file, content) {
        pages += 1;
        for (const { target, line } of relativeLinks(content.toString('utf8'))) {
          const to = posix.normalize(posix.join(folderOf(file.path), target));
          if (to.startsWith('..')) continue;
          links += 1;
          if (await exists(ground.root, to)) continue;
          dead += 1;
          findings.push({
            severity: 'minor',
            message: `link to ${redact(target)} leads nowhere`,
            path: file.path,
            line,
          });
        }
      },
    });
    return finishReport({
      skill: 'documentation',
      summary: `${count(pages, 'Markdown page')}, ${count(dead, 'dead relative link')} of ${links}.`,
      figures: {
        ...Object.fromEntries(present.map(({ name, path }) => [name, path ?? 'missing'])),
        'docs folder': docs === undefined ? 'missing' : (docs.split('/')[0] ?? ''),
        'Markdown pages': pages,
        'relative links': links,
        'dead links': dead,
        ...scanFigures(totals),
      },
      findings,
    });
  },
};

async function exists(root: string, path: string): Promise<boolean> {
  return lstat(absolutePath(root, Buffer.from(path))).then(
    () => true,
    () => false,
  );
}

function relativeLinks(text: string): { target: string; line: number }[] {
  // Code keeps its length and its lines, so that positions stay true, and loses everything else.
  const blank = (code: string): string => code.replaceAll(/[^\n]/g, ' ');
  const prose = text
    .replaceAll(/^ {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^ {0,3}\1[`~]*[ \t]*$|(?![\s\S]))/gm, blank)
    .replaceAll(/<!--[\s\S]*?-->/g, blank)
    .replaceAll(/(`+)[^`\n](?:[^\n]{0,998}?[^`\n])??\1(?!`)/g, blank);
  const lineAt = lineCounter(prose);
  const inline =
    /\]\(\s{0,8}(?:<([^>\n]{1,1000})>|([^\s()<>]{1,1000}(?:\([^\s()]{0,200}\)[^\s()]{0,500})?))(?:\s+["'(][^\n]{0,500})?\)/g;
  const reference = /^ {0,3}\[[^\]\n]{1,500}\]:[ \t]{1,8}<?([^\s>]{1,1000})>?/gm;
  const found = [
    ...[...prose.matchAll(inline)].map((match) => ({ at: match.index, target: match[1] ?? match[2] ?? '' })),
    // A footnote looks like the definition of a reference and is none.
    ...[...prose.matchAll(reference)]
      .filter((match) => !match[0].trimStart().startsWith('[^'))
      .map((match) => ({ at: match.index, target: match[1] ?? '' })),
  ];
  found.sort((a, b) => a.at - b.at);
  return found.flatMap(({ at, target }) => {
    const path = decoded(target.replace(/[#?].*$/, ''));
    const elsewhere = /^[a-z][a-z0-9+.-]*:|^\/|^\{|^$/i.test(path) || path.includes('\0');
    return elsewhere ? [] : [{ target: path, line: lineAt(at) }];
  });
}

function decoded(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    return target;
  }
}
