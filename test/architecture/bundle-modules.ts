/**
 * The modules in a workflow bundle, by the paths that the bundler gives them, e.g. `./dist/workflows/index.js`.
 * A module that the bundler left out, such as an optional one that nobody configured, has no path and is not listed.
 */
export function bundledModules(code: string): string[] {
  return [...code.matchAll(/^\/\*{3}\/ "([^"?][^"]*)":?/gm)].map(([, path]) => path ?? '');
}

/** The package that a bundled module belongs to; undefined for the project's own. */
export function packageOf(path: string): string | undefined {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
}
