import type { SkillReport } from '../../contract/facts.js';
import type { Json } from '../../contract/json.js';
import type { SkillName } from '../../contract/skills.js';

/** Work that Baton does itself, without a model. A skill reads the workspace and writes nothing. */
export interface Skill {
  name: SkillName;
  title: string;
  /** Throws `workspace_missing`, `bad_input` for a `with` that cannot be used, or the reason of the aborted signal. */
  run(context: SkillContext): Promise<SkillReport>;
}

export interface SkillContext {
  /** Path of the workspace's folder. */
  workspace: string;
  with: Record<string, Json>;
  signal: AbortSignal;
  /** `percent` is 0 … 100. */
  progress(percent: number, note: string): void;
  runCommand(options: { argv: string[]; cwd: string }): Promise<CommandEnd>;
}

/** How a command ended. `exitCode` is null where a signal ended it or where it never started. */
export interface CommandEnd {
  exitCode: number | null;
  signal: string | null;
  started: boolean;
  /** The end of standard output and standard error. */
  outputTail: string;
  outputBytes: number;
  durationMs: number;
}
