import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import type { Plan, PlanDraft } from '../contract/plan.js';
import { readPlanFile } from '../contract/schemas/plan-file.js';
import type { Config } from '../local/config.js';
import { resolveHome } from '../local/home.js';
import { compilePlan } from '../planning/compile.js';
import { refuseUnknownResources } from '../planning/resources.js';
import { refuseUnknownSecrets } from '../planning/secrets.js';
import { resolveSkills } from '../planning/skills.js';
import { skillBook } from '../workspace/skills/book.js';
import { discoverFor } from './tools.js';

export interface PlanSource {
  draft: PlanDraft;
  plan: Plan;
  /** The file's value, to be sent as it is. */
  value: Record<string, unknown>;
}

/**
 * Reads and checks a plan file, with the skills of the workspace. Throws `bad_input` or `not_supported` with `file:line:column path` for
 * each problem.
 */
export async function readPlan(
  file: string,
  { workspace, config }: { workspace: string; config: Pick<Config, 'maxParallel' | 'mcp' | 'resources' | 'secrets'> },
): Promise<PlanSource> {
  const text = await readBounded(file);
  const { draft: read, value } = readPlanFile(text, { file });
  refuseUnknownSecrets(read, Object.keys(config.secrets));
  refuseUnknownResources(read, config.resources);
  const discover = discoverFor(config.mcp, workspace);
  const draft = resolveSkills(read, await skillBook(read, { home: resolveHome(), workspace, discover }));
  return { draft, value, plan: compilePlan(draft, config) };
}

async function readBounded(file: string): Promise<string> {
  const refuse = (why: string): BatonError =>
    new BatonError('bad_input', `--plan: ${file} ${why}`, {
      path: 'plan',
      hint: 'name a plan file in YAML or JSON with --plan FILE',
    });
  let size: number;
  try {
    const found = statSync(file);
    if (!found.isFile()) throw refuse('is not a file');
    size = found.size;
  } catch (error) {
    if (error instanceof BatonError) throw error;
    throw refuse('cannot be read');
  }
  if (size > LIMITS.planFileBytes) throw refuse(`has ${size} bytes; at most ${LIMITS.planFileBytes} are allowed`);
  const handle = await open(file, 'r');
  try {
    return (await handle.readFile()).toString('utf8');
  } finally {
    await handle.close();
  }
}
