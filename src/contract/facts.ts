/** What was measured in a workspace before planning. Only JSON; at most 64 KiB. */
export interface WorkspaceFacts {
  v: 1;
  path: string;
  /** Top folder of the git repository that holds the workspace; null without git. */
  repository: string | null;
  /** Commit that HEAD names; null without git or before the first commit. */
  head: string | null;
  branch: string | null;
  /** Uncommitted changes are part of what is measured. */
  dirty: boolean;
  files: number;
  bytes: number;
  /** True where the listing stopped at LIMITS.workspaceFiles. */
  truncated: boolean;
  /** By number of lines, most first; at most 12. */
  languages: { language: string; files: number; lines: number }[];
  /** Manifests found, relative to the workspace, at most 50. */
  manifests: string[];
  /** The project's own commands as its manifests define them, at most 20. */
  commands: ProjectCommand[];
  /** Claude Code and other agent programs that can be started here. */
  agents: string[];
}

export interface ProjectCommand {
  /** What it is for: test, lint, build, typecheck, format. */
  purpose: string;
  argv: string[];
  /** Folder it runs in, relative to the workspace; `.` for the workspace itself. */
  cwd: string;
  /** The manifest that defines it, relative to the workspace. */
  source: string;
}

/** What a built-in skill found: the material of a report's section. At most 64 KiB. */
export interface SkillReport {
  v: 1;
  skill: string;
  title: string;
  /** One sentence with the figures that matter. */
  summary: string;
  /** Why nothing was measured, e.g. `no git`. */
  skipped?: string;
  /** Named numbers and texts, each true of the workspace and checkable. */
  figures: Record<string, number | string>;
  tables: { title: string; columns: string[]; rows: (string | number)[][] }[];
  findings: Finding[];
  /** Findings beyond LIMITS.findingsPerSkill, counted only. */
  findingsLeftOut: number;
}

export interface Finding {
  severity: 'info' | 'minor' | 'major' | 'critical';
  message: string;
  path?: string;
  line?: number;
}
