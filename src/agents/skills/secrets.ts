import type { Finding } from '../../contract/facts.js';
import { baseOf } from '../../workspace/paths.js';
import { count, finishReport, titleOf } from './report.js';
import { forEachTextFile, lineCounter, scanFigures, survey } from './scan.js';
import { findSecrets, redact } from './secret-rules.js';
import type { Skill } from './skill.js';

/**
 * Only the rule, the place and the length of a secret leave this skill; its text, not even in a file's name, never
 * does.
 */
export const secrets: Skill = {
  name: 'secrets',
  title: titleOf('secrets'),
  async run(context) {
    const ground = await survey(context);
    const findings: Finding[] = [];
    const byRule = new Map<string, number>();
    const files = new Set<string>();
    const totals = await forEachTextFile({
      ground,
      context,
      visit(file, content) {
        const text = content.toString('latin1');
        const lineAt = lineCounter(text);
        for (const { rule, severity, at, length } of findSecrets(text)) {
          byRule.set(rule, (byRule.get(rule) ?? 0) + 1);
          files.add(file.path);
          findings.push({
            severity,
            message: `${rule}, ${length} characters`,
            path: redact(file.path),
            line: lineAt(at),
          });
        }
      },
    });
    const found = findings.length;
    const environments = ground.listing.files.filter((file) => isEnvironmentFile(file.path));
    const tracked = ground.listing.source === 'git' ? 'tracked by git' : 'in the tree';
    for (const { path } of environments) {
      findings.push({ severity: 'major', message: `environment file ${tracked}`, path: redact(path) });
    }
    return finishReport({
      skill: 'secrets',
      summary: `${count(found, 'secret')} in ${count(files.size, 'file')}, ${count(environments.length, 'environment file')}.`,
      figures: {
        secrets: found,
        'files with secrets': files.size,
        'environment files': environments.length,
        ...scanFigures(totals),
      },
      tables:
        found > 0
          ? [{ title: 'By rule', columns: ['rule', 'found'], rows: [...byRule].sort((a, b) => b[1] - a[1]) }]
          : [],
      findings,
    });
  },
};

function isEnvironmentFile(path: string): boolean {
  const base = baseOf(path);
  return /^\.env(?:\.|$)/.test(base) && !/\.(?:example|sample|template|dist|defaults?|schema)$/.test(base);
}
