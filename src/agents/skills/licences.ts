/** Which licence a licence file holds, as its SPDX name; `unknown` for a text that is none of the common ones. */
export function licenceOfText(text: string): string {
  const plain = text.replaceAll(/\s+/g, ' ');
  return TEXTS.find(({ words }) => words.every((word) => word.test(plain)))?.name ?? 'unknown';
}

/** How far a licence reaches: `strong` copyleft covers the whole work, `weak` the files or the library alone. */
export type Copyleft = 'strong' | 'weak' | 'none';

/**
 * Of an SPDX expression: a choice (OR) is as free as its freest part, a conjunction (AND) as strict as its strictest.
 */
export function copyleftOf(expression: string): Copyleft {
  const choices = expression.replaceAll(/[()]/g, ' ').split(/\s+OR\s+|\//i);
  const reaches = choices.map((choice) => strictest(choice.split(/\s+AND\s+/i).map(copyleftOfOne)));
  if (reaches.includes('none')) return 'none';
  return reaches.includes('weak') ? 'weak' : 'strong';
}

function copyleftOfOne(name: string): Copyleft {
  if (/\b(?:LGPL|MPL|EPL|CDDL|EUPL|MS-RL)/i.test(name) || /\bWITH\s+(?:Classpath|GCC|LLVM)/i.test(name)) return 'weak';
  return /\b(?:A?GPL|SSPL|OSL|CC-BY(?:-NC)?-SA|RPL|Sleepycat)/i.test(name) ? 'strong' : 'none';
}

function strictest(reaches: Copyleft[]): Copyleft {
  if (reaches.includes('strong')) return 'strong';
  return reaches.includes('weak') ? 'weak' : 'none';
}

/** The licence field of an npm manifest or lock entry, in any of the forms it has had; null where there is none. */
export function licenceField(entry: Record<string, unknown>): string | null {
  const given = entry['license'] ?? entry['licence'] ?? entry['licenses'];
  const names = (Array.isArray(given) ? given : [given]).flatMap((one: unknown) => {
    if (typeof one === 'string' && one.trim() !== '') return [one.trim()];
    if (typeof one !== 'object' || one === null || !('type' in one) || typeof one.type !== 'string') return [];
    return [one.type];
  });
  return names.length > 0 ? names.join(' OR ') : null;
}

/** More particular texts stand before the ones that they contain. */
const TEXTS: readonly { name: string; words: RegExp[] }[] = [
  { name: 'AGPL-3.0', words: [/^(?:(?!GNU GENERAL).){0,400}GNU AFFERO GENERAL PUBLIC LICENSE/i] },
  {
    name: 'LGPL-3.0',
    words: [/^(?:(?!GNU GENERAL).){0,400}GNU LESSER GENERAL PUBLIC LICENSE/i, /^.{0,600}Version 3/i],
  },
  {
    name: 'LGPL-2.1',
    words: [/^(?:(?!GNU GENERAL).){0,400}GNU LESSER GENERAL PUBLIC LICENSE/i, /^.{0,600}Version 2\.1/i],
  },
  { name: 'GPL-3.0', words: [/^.{0,400}GNU GENERAL PUBLIC LICENSE/i, /^.{0,600}Version 3/i] },
  { name: 'GPL-2.0', words: [/^.{0,400}GNU GENERAL PUBLIC LICENSE/i, /^.{0,600}Version 2/i] },
  { name: 'Apache-2.0', words: [/Apache License/i, /Version 2\.0/i] },
  { name: 'MPL-2.0', words: [/Mozilla Public License/i, /Version 2\.0|MPL.{0,10}2\.0/i] },
  { name: 'EPL-2.0', words: [/Eclipse Public License/i, /2\.0/] },
  { name: 'CC0-1.0', words: [/CC0 1\.0 Universal/i] },
  { name: 'Unlicense', words: [/This is free and unencumbered software released into the public domain/i] },
  { name: 'BSL-1.0', words: [/Boost Software License/i] },
  { name: 'BSD-3-Clause', words: [/Redistribution and use in source and binary forms/i, /Neither the name/i] },
  { name: 'BSD-2-Clause', words: [/Redistribution and use in source and binary forms/i] },
  {
    name: '0BSD',
    words: [/Permission to use, copy, modify, and\/or distribute/i, /^(?!.*provided that the above copyright)/i],
  },
  { name: 'ISC', words: [/Permission to use, copy, modify, and(?:\/or)? distribute/i] },
  { name: 'MIT', words: [/Permission is hereby granted, free of charge, to any person/i] },
];
