/** The names of the commands, from the text of `baton --help`. */
export function commandsOf(help: string): string[];
