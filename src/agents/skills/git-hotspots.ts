import { LIMITS } from '../../contract/limits.js';
import { findRepository, runGit, type GitRun } from '../../workspace/git.js';
import { displayName } from '../../workspace/paths.js';
import { count, finishReport, titleOf } from './report.js';
import { survey } from './scan.js';
import type { Skill } from './skill.js';

const SHOWN = 20;

/**
 * Files by the number of commits that changed them in the twelve months before HEAD's commit date: `git log --no-merges
 * --no-renames --since=<that date> --name-only`, limited to the workspace's folder. Authors are different e-mail
 * addresses (after .mailmap), churn is lines added plus lines removed. Only files that are still there are ranked.
 */
export const gitHotspots: Skill = {
  name: 'git-hotspots',
  title: titleOf('git-hotspots'),
  async run(context) {
    const { root, listing } = await survey(context);
    const { signal } = context;
    const found = await findRepository(root, { signal });
    if (found.kind === 'refused') return skip(`no git: ${found.why}`);
    if (found.kind === 'none') return skip('no git');
    const until = await headTime(root, signal);
    if (until === null) return skip('no git: the repository has no commit');
    const since = yearBefore(until);
    context.progress(10, 'reading the history');
    const log = await runGit(root, logArguments(since), { signal });
    if (log.kind !== 'ended' || log.exitCode !== 0) return skip('no git: the history could not be read');
    const history = readHistory(log.stdout);
    const shallow = await runGit(root, ['rev-parse', '--is-shallow-repository'], { signal });
    const present = new Set(listing.files.map((file) => file.path));
    const ranked = [...history.files]
      .filter(([path]) => present.has(path))
      .sort((a, b) => b[1].commits - a[1].commits || b[1].churn - a[1].churn || (a[0] < b[0] ? -1 : 1));
    const top = ranked[0];
    return finishReport({
      skill: 'git-hotspots',
      summary: `${count(history.commits, 'commit')} by ${count(history.authors.size, 'author')} changed ${count(
        history.files.size,
        'file',
      )}${top ? `; ${top[0]} most often (${top[1].commits})` : ''}.`,
      figures: {
        commits: history.commits,
        authors: history.authors.size,
        'files changed': history.files.size,
        since: new Date(since * 1000).toISOString(),
        until: new Date(until * 1000).toISOString(),
        ...(log.cut ? { 'history cut at bytes': LIMITS.gitOutputBytes } : {}),
        ...(text(shallow) === 'true' ? { 'history is shallow': 'yes' } : {}),
      },
      tables: [
        {
          title: 'Files changed most often',
          columns: ['file', 'commits', 'authors', 'churn'],
          rows: ranked.slice(0, SHOWN).map(([path, file]) => [path, file.commits, file.authors.size, file.churn]),
        },
      ],
    });
  },
};

function skip(why: string): ReturnType<typeof finishReport> {
  return finishReport({ skill: 'git-hotspots', summary: `skipped: ${why}`, skipped: why });
}

function logArguments(since: number): string[] {
  const plain = ['--no-merges', '--no-renames', '--no-ext-diff', '--no-textconv', '--no-color'];
  return ['log', '-z', '--numstat', '--relative', `--max-age=${since}`, ...plain, '--format=%x01%aE', '--', '.'];
}

/** Commit date of HEAD in seconds since 1970; null before the first commit. */
async function headTime(root: string, signal: AbortSignal): Promise<number | null> {
  const seconds = Number(
    text(await runGit(root, ['log', '-1', '--format=%ct', 'HEAD', '--'], { signal })) || Number.NaN,
  );
  return Number.isFinite(seconds) ? seconds : null;
}

function yearBefore(seconds: number): number {
  const date = new Date(seconds * 1000);
  date.setUTCFullYear(date.getUTCFullYear() - 1);
  return Math.max(0, Math.floor(date.getTime() / 1000));
}

function text(run: GitRun): string {
  return run.kind === 'ended' && run.exitCode === 0 ? run.stdout.toString('utf8').trim() : '';
}

interface FileHistory {
  commits: number;
  churn: number;
  authors: Set<string>;
}

/**
 * Reads `--numstat -z`: `\x01author`, then `added TAB removed TAB name` for each file, all ended by NUL, the first of a
 * commit after a newline.
 */
function readHistory(output: Buffer): { commits: number; authors: Set<string>; files: Map<string, FileHistory> } {
  const files = new Map<string, FileHistory>();
  const authors = new Set<string>();
  let [commits, author] = [0, ''];
  for (let start = 0, end = output.indexOf(0); end >= 0; start = end + 1, end = output.indexOf(0, start)) {
    if (output[start] === 1) {
      author = output.toString('utf8', start + 1, end).toLowerCase();
      authors.add(author);
      commits += 1;
      continue;
    }
    const entry = output.subarray(output[start] === 10 ? start + 1 : start, end);
    const firstTab = entry.indexOf(9);
    const secondTab = entry.indexOf(9, firstTab + 1);
    if (firstTab < 0 || secondTab < 0) continue;
    const path = displayName(entry.subarray(secondTab + 1));
    const file = files.get(path) ?? { commits: 0, churn: 0, authors: new Set<string>() };
    file.commits += 1;
    file.churn += lines(entry, 0, firstTab) + lines(entry, firstTab + 1, secondTab);
    file.authors.add(author);
    files.set(path, file);
  }
  return { commits, authors, files };
}

/** A binary file has `-` in the place of its lines. */
function lines(entry: Buffer, from: number, to: number): number {
  return Number(entry.toString('latin1', from, to)) || 0;
}
