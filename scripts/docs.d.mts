/** What `baton COMMAND --help` prints, as wide as in the documentation; the built command is asked. */
export function helpOf(command: readonly string[]): string;
