import { serverChecks } from './doctor/pair-checks.js';
import { folderChecks } from './doctor/folder-checks.js';
import { machineChecks } from './doctor/machine-checks.js';

/** One thing looked at. `warning`: Baton works, with less. `fix` is what to do about it. */
export interface Check {
  name: string;
  ok: boolean | 'warning';
  detail: string;
  fix?: string;
}

export interface DoctorOptions {
  home: string;
  workspace?: string;
  env?: Readonly<Record<string, string | undefined>>;
}

/** Looks at this machine, the data folder and the pair. Starts nothing, creates nothing, and never throws for what it finds. */
export async function diagnose(options: DoctorOptions): Promise<{ checks: Check[] }> {
  const given = { ...options, env: options.env ?? process.env };
  const parts = await Promise.all([machineChecks(given), folderChecks(given), serverChecks(given)]);
  return { checks: parts.flat() };
}
