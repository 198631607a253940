/** The optional packages that some package of a lock wants and that the lock does not hold. */
export function missingBuilds(packages: object): { name: string; version: string; dev: boolean }[];
