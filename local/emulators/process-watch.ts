import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * Kills `pid` as soon as this process is gone, however it went: a shell waits for the end of a pipe whose other end
 * only we hold, and the system closes that end even after kill -9. Returns how to call it off.
 * Windows has no such shell; there the pid file alone finds what was left (see dynoxide.ts).
 */
export function killWhenWeDie(pid: number): () => void {
  if (process.platform === 'win32') return () => undefined;
  // Detached, so that the Ctrl-C that reaches us does not end the watch before us.
  const watchdog = spawn('sh', ['-c', 'cat >/dev/null; kill -9 "$1" 2>/dev/null', 'stepwell-watchdog', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.on('error', () => undefined);
  watchdog.stdin.on('error', () => undefined);
  watchdog.unref();
  return () => {
    if (watchdog.pid !== undefined) sendSignal(-watchdog.pid, 'SIGKILL');
    watchdog.stdin.destroy();
  };
}

/** False if the process is already gone. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** The command line of a process, or '' if there is none: tells a leftover of ours from a stranger with a reused pid. */
export async function commandLineOf(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    const run = promisify(execFile);
    if (process.platform !== 'win32') return (await run('ps', ['-p', String(pid), '-o', 'command='])).stdout;
    const query = `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`;
    return (await run('powershell', ['-NoProfile', '-Command', query])).stdout;
  } catch {
    return '';
  }
}
