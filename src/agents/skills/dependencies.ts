import type { Finding } from '../../contract/facts.js';
import { LIMITS } from '../../contract/limits.js';
import { readListed } from '../../workspace/files.js';
import { jsonObject, readManifests, type Manifest } from '../../workspace/manifests.js';
import { dependenciesOf, type Dependency } from './dependency-lists.js';
import { copyleftOf, licenceField, licenceOfText } from './licences.js';
import { installedLicence, lockedPackages, type LockedPackage } from './locked-packages.js';
import { count, finishReport, titleOf } from './report.js';
import { survey, type Ground } from './scan.js';
import type { Skill } from './skill.js';

/**
 * What the manifests name and what the lock files pin. A licence is what the lock file, or else the installed package,
 * says of itself; nothing is fetched, so it is `unknown` where neither does.
 */
export const dependencies: Skill = {
  name: 'dependencies',
  title: titleOf('dependencies'),
  async run(context) {
    const ground = await survey(context);
    const manifests = await readManifests(ground.root, ground.listing.files, context.signal);
    const named = manifests.flatMap(dependenciesOf);
    const locked = await lockedPackages(ground, context.signal);
    context.progress(50, 'licences');
    const project = await projectLicence(ground, manifests);
    const known = await licencesOf(ground, named, locked, context.signal);
    const licences = tally(known.map((one) => one.licence));
    const unknown = known.filter((one) => one.licence === 'unknown').length;
    const copyleft = known.filter((one) => copyleftOf(one.licence) !== 'none');
    return finishReport({
      skill: 'dependencies',
      summary: [
        `${count(named.length, 'dependency', 'dependencies')} named, ${count(locked.length, 'package')} locked`,
        `project licence ${project}`,
        `${copyleft.length} with a copyleft licence, ${unknown} unknown.`,
      ].join('; '),
      figures: {
        'dependencies named': named.length,
        ...usesOf(named),
        'packages locked': locked.length,
        'project licence': project,
        'copyleft licences': copyleft.length,
        'unknown licences': unknown,
      },
      tables: [
        { title: 'Licences', columns: ['licence', 'packages'], rows: licences },
        {
          title: 'Named by manifests',
          columns: ['name', 'version', 'use', 'ecosystem', 'manifest'],
          rows: named.map((one) => [one.name, one.version, one.use, one.ecosystem, one.source]),
        },
      ],
      findings: [...(project === 'none' ? [NO_LICENCE] : []), ...copyleft.map(copyleftFinding)],
    });
  },
};

const NO_LICENCE: Finding = { severity: 'minor', message: 'the project names no licence' };

function copyleftFinding({ name, version, licence, source }: LockedPackage): Finding {
  const reach = copyleftOf(licence);
  return {
    severity: reach === 'strong' ? 'major' : 'info',
    message: `${name} ${version} is under ${licence} (${reach} copyleft)`,
    path: source,
  };
}

/** Every locked package, and every named one that no lock file pins. */
async function licencesOf(
  ground: Ground,
  named: Dependency[],
  locked: LockedPackage[],
  signal: AbortSignal,
): Promise<LockedPackage[]> {
  const pinned = new Set(locked.map((one) => one.name));
  const others: LockedPackage[] = [];
  for (const dependency of named) {
    if (pinned.has(dependency.name)) continue;
    pinned.add(dependency.name);
    signal.throwIfAborted();
    const licence = dependency.ecosystem === 'npm' ? await installedLicence(ground, dependency) : 'unknown';
    others.push({ name: dependency.name, version: dependency.version, licence, source: dependency.source });
  }
  return [...locked, ...others];
}

/** By the licence file at the top, else by the top manifest; `none` where neither is there. */
async function projectLicence(ground: Ground, manifests: Manifest[]): Promise<string> {
  const files = ground.listing.files.filter(
    ({ path, kind }) => kind === 'file' && /^(?:licen[cs]e|copying)(?:[.-][a-z0-9.-]+)?$/i.test(path),
  );
  const names: string[] = [];
  for (const file of files) {
    const found = await readListed(ground.root, file, LIMITS.scannedFileBytes);
    if (found.kind === 'read') names.push(licenceOfText(found.content.toString('utf8')));
  }
  if (names.some((name) => name !== 'unknown')) return names.filter((name) => name !== 'unknown').join(', ');
  const top = manifests.find(({ kind, folder }) => kind === 'npm' && folder === '.');
  const said = top ? licenceField(jsonObject(top.text)) : null;
  return said ?? (names.length > 0 ? 'unknown' : 'none');
}

function usesOf(named: Dependency[]): Record<string, number> {
  return Object.fromEntries(tally(named.map((one) => one.use)).map(([use, number]) => [`for ${use}`, number]));
}

function tally(names: string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
