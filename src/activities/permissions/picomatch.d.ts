/** What Baton uses of the package, which brings no types of its own. */
declare module 'picomatch' {
  interface Options {
    dot?: boolean;
    nocase?: boolean;
    nonegate?: boolean;
    nobackslash?: boolean;
    windows?: boolean;
  }
  export default function picomatch(globs: readonly string[], options?: Options): (path: string) => boolean;
}
