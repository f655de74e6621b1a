/** Milliseconds of CPU that this process has used: what others do on the machine is not counted. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
