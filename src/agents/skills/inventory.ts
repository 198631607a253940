import { extensionOf } from '../../workspace/paths.js';
import type { ListedFile } from '../../workspace/listing.js';
import { count, finishReport, titleOf } from './report.js';
import { forEachTextFile, survey } from './scan.js';
import type { Skill } from './skill.js';

/** Counts what is there. Bytes are those of regular files; symlinks count as files and are not followed. */
export const inventory: Skill = {
  name: 'inventory',
  title: titleOf('inventory'),
  async run(context) {
    const ground = await survey(context);
    const { files, source, truncated, unreadableFolders, gitProblem } = ground.listing;
    const regular = files.filter((file) => file.kind === 'file');
    const bytes = regular.reduce((sum, file) => sum + file.bytes, 0);
    const totals = await forEachTextFile({ ground, context, visit: () => undefined });
    return finishReport({
      skill: 'inventory',
      summary: `${count(files.length, 'file')}, ${count(bytes, 'byte')}.`,
      figures: {
        files: files.length,
        bytes,
        symlinks: files.length - regular.length,
        'empty files': regular.filter((file) => file.bytes === 0).length,
        'binary files': totals.binary,
        'listed by': source === 'git' ? 'git ls-files' : 'a walk of the tree',
        ...(truncated ? { 'list cut': 'yes' } : {}),
        ...(unreadableFolders > 0 ? { 'folders that may not be read': unreadableFolders } : {}),
        ...(gitProblem === null ? {} : { git: gitProblem }),
      },
      tables: [
        { title: 'By extension', columns: ['extension', 'files', 'bytes'], rows: group(regular, extension) },
        { title: 'By top folder', columns: ['folder', 'files', 'bytes'], rows: group(regular, topFolder) },
      ],
    });
  },
};

function extension(file: ListedFile): string {
  return extensionOf(file.path) || '(none)';
}

function topFolder(file: ListedFile): string {
  const slash = file.path.indexOf('/');
  return slash < 0 ? '.' : file.path.slice(0, slash);
}

function group(files: ListedFile[], key: (file: ListedFile) => string): [string, number, number][] {
  const groups = new Map<string, [string, number, number]>();
  for (const file of files) {
    const name = key(file);
    const [, number, bytes] = groups.get(name) ?? [name, 0, 0];
    groups.set(name, [name, number + 1, bytes + file.bytes]);
  }
  return [...groups.values()].sort((a, b) => b[1] - a[1] || b[2] - a[2] || (a[0] < b[0] ? -1 : 1));
}
