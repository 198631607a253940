const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes as a person reads them: `850 bytes`, `12.3 KiB`, `4.0 GiB`. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 'bytes'];
  for (const next of UNITS) {
    // What would be rounded up to 1024.0 is shown as 1.0 of the next unit.
    if (unit === 'bytes' ? value < 1024 : value < 1023.95) break;
    [value, unit] = [value / 1024, next];
  }
  return unit === 'bytes' ? `${bytes} bytes` : `${value.toFixed(1)} ${unit}`;
}
