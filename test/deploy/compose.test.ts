import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const PROJECT = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(resolve(PROJECT, path), 'utf8');

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, object>>;
}

let compose: Compose;
let services: readonly (readonly [string, Service])[];
let validate: (file: unknown) => string[];

beforeAll(() => {
  compose = parse(read('docker-compose.yml')) as Compose;
  services = Object.entries(compose.services);
  // The formats that the specification names, such as durations, are its own.
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  const check = ajv.compile(JSON.parse(read('test/deploy/compose-spec.json')) as object);
  validate = (file) =>
    check(file) ? [] : (check.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
});

describe('docker-compose.yml', () => {
  it("is valid by the compose specification's own schema", () => {
    expect(validate(compose)).toEqual([]);
  });

  it.each([
    ['an unknown field', { services: { a: { image: 'x', imagine: true } } }],
    ['a port that is no port', { services: { a: { image: 'x', ports: [{ target: [] }] } } }],
    ['an unknown condition', { services: { a: { image: 'x', depends_on: { b: { condition: 'ready' } } } } }],
  ])('would not be valid with %s', (_, file) => {
    expect(validate(file)).not.toEqual([]);
  });

  it('runs PostgreSQL, the schema job, the server, the namespace job, the web page and a worker', () => {
    expect(services.map(([name]) => name)).toEqual(['postgresql', 'schema', 'temporal', 'namespace', 'ui', 'worker']);
  });

  it('pins the version of every image that it does not build', () => {
    const pinned = services.filter(([, service]) => service.build === undefined);
    for (const [name, { image = '' }] of pinned) expect(image, name).toMatch(/^[a-z/-]+:\$\{[A-Z_]+:-\d+[\w.-]*\}$/);
  });

  it('publishes ports on the loopback address alone', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('takes every password and key from the environment', () => {
    const secrets = services
      .flatMap(([, { environment = {} }]) => Object.entries(environment))
      .filter(([name]) => /PASSWORD|PWD|KEY|TOKEN|SECRET/.test(name));
    expect(secrets.length).toBeGreaterThan(2);
    for (const [name, value] of secrets) expect(value === null || /^\$\{[A-Z_]+:-\w*\}$/.test(value), name).toBe(true);
  });

  it('starts each service when what it needs is ready', () => {
    const needs = Object.fromEntries(
      services.map(([name, { depends_on = {} }]) => [
        name,
        Object.entries(depends_on).map(([on, { condition }]) => `${on} ${condition}`),
      ]),
    );
    expect(needs).toEqual({
      postgresql: [],
      schema: ['postgresql service_healthy'],
      temporal: ['schema service_completed_successfully'],
      namespace: ['temporal service_healthy'],
      ui: ['temporal service_healthy'],
      worker: ['namespace service_completed_successfully'],
    });
  });

  it('has a health check wherever one is waited for', () => {
    const awaited = services.flatMap(([, { depends_on = {} }]) =>
      Object.entries(depends_on).filter(([, { condition }]) => condition === 'service_healthy'),
    );
    for (const [name] of awaited) expect(compose.services[name]?.healthcheck, name).toBeDefined();
  });

  it('mounts files that exist, and volumes that it declares', () => {
    const sources = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => /^(\$\{[^}]*\}|[^:]+):/.exec(volume)?.[1] ?? ''),
    );
    for (const source of sources) {
      const name = source.replace(/^\$\{\w+:-(.*)\}$/, '$1');
      if (name.startsWith('./')) expect(existsSync(resolve(PROJECT, name)), name).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(name);
    }
  });
});

describe('the Dockerfile', () => {
  const dockerfile = read('Dockerfile');

  it('builds in stages and runs as an ordinary user under an init process', () => {
    expect(dockerfile.match(/^FROM node:20-bookworm-slim/gm)).toHaveLength(2);
    expect(dockerfile.slice(dockerfile.lastIndexOf('FROM '))).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^ENTRYPOINT \["tini", "--"/m);
  });

  it('copies what .dockerignore lets through', () => {
    const kept = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    for (const needed of ['package.json', 'package-lock.json', 'tsconfig.json', 'scripts/', 'src/'])
      expect(kept).toContain(`!${needed}`);
  });
});

describe('the server settings', () => {
  it('are lists of values under the names of settings', () => {
    const settings = Object.entries(parse(read('deploy/dynamicconfig.yaml')) as Record<string, unknown>);
    expect(settings.length).toBeGreaterThan(2);
    for (const [name, values] of settings) {
      expect(name).toMatch(/^(?:history|matching|system|frontend)\.\w+$/);
      expect(values).toEqual([{ value: expect.anything() as unknown }]);
    }
  });
});
