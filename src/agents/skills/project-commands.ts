import type { Finding, ProjectCommand, SkillReport } from '../../contract/facts.js';
import { projectCommands as commandsOf } from '../../workspace/commands.js';
import { readManifests } from '../../workspace/manifests.js';
import { count, finishReport, titleOf } from './report.js';
import { survey } from './scan.js';
import type { Skill } from './skill.js';

const EXPECTED = ['test', 'lint', 'build'];

/** Reads manifests and runs nothing. */
export const projectCommands: Skill = {
  name: 'project-commands',
  title: titleOf('project-commands'),
  async run(context): Promise<SkillReport> {
    const { root, listing } = await survey(context);
    const manifests = await readManifests(root, listing.files, context.signal);
    const commands = commandsOf(manifests, listing.files);
    const missing = EXPECTED.filter((purpose) => !commands.some((command) => command.purpose === purpose));
    return finishReport({
      skill: 'project-commands',
      summary: `${count(commands.length, 'command')} in ${count(manifests.length, 'manifest')}${
        missing.length > 0 ? `; none for ${missing.join(', ')}` : ''
      }.`,
      figures: { manifests: manifests.length, commands: commands.length, missing: missing.join(', ') || 'none' },
      tables: [
        { title: 'Commands', columns: ['purpose', 'command', 'folder', 'defined by'], rows: commands.map(row) },
        { title: 'Manifests', columns: ['manifest'], rows: manifests.map((manifest) => [manifest.file.path]) },
      ],
      findings: missing.map((purpose): Finding => ({
        severity: purpose === 'test' ? 'minor' : 'info',
        message: `no manifest defines a ${purpose} command`,
      })),
    });
  },
};

function row({ purpose, argv, cwd, source }: ProjectCommand): string[] {
  return [purpose, argv.join(' '), cwd, source];
}
