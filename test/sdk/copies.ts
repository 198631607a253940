import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const PROJECT = resolve(import.meta.dirname, '../..');

/** A part of the built program in a folder of its own, beside the same packages, to be damaged. */
export class Copy {
  readonly folder = mkdtempSync(join(tmpdir(), 'baton-sdk-'));

  constructor(part: string) {
    for (const name of [part, 'package.json']) cpSync(join(PROJECT, name), this.file(name), { recursive: true });
    symlinkSync(join(PROJECT, 'node_modules'), this.file('node_modules'));
  }

  file(path: string): string {
    return join(this.folder, path);
  }

  /** Loads the client in a process of its own: whether V8 took the code cache (null without a bundle), and which files were loaded. */
  loadClient(...flags: string[]): { cached: boolean | null; files: string[] } {
    const code = `
      const { openBundle } = await import(${JSON.stringify(this.file('dist/sdk/bundle.js'))});
      console.log(JSON.stringify(openBundle('client')?.cached ?? null));
      const { Client } = await import(${JSON.stringify(this.file('dist/sdk/client.js'))});
      if (Client.name !== 'Client') throw new Error('no client');`;
    const child = spawnSync(process.execPath, [...flags, '--input-type=module', '--eval', code], {
      encoding: 'utf8',
      env: tellingFiles(process.env),
    });
    if (child.status !== 0) throw new Error(child.stderr);
    return { cached: JSON.parse(child.stdout) as boolean | null, files: sdkFiles(child.stderr) };
  }

  removeFile(path: string): void {
    rmSync(this.file(path));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An environment in which Node says of each CommonJS file that it loads it, those of threads included. */
export function tellingFiles(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, NODE_OPTIONS: '', NODE_DEBUG: 'module' };
}

/** The files of the SDK, and of packages that nobody else uses, which such a process says it loaded. */
export function sdkFiles(stderr: string): string[] {
  const loaded = [...stderr.matchAll(/^MODULE \d+: load "([^"]+)"/gm)].map(([, file]) => file ?? '');
  return loaded.filter((file) => /node_modules\/(@temporalio|@grpc|protobufjs|rxjs|memfs|webpack)\//.test(file));
}
