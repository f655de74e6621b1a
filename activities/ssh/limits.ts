/** Every wait and every amount of the SSH layer, with its name. Milliseconds and bytes. */
export type SshLimits = {
  /** Until the TCP connection stands. `ConnectTimeout` of the ssh config wins. Default 10 s. */
  readonly connectWithinMs: number;
  /** From the TCP connection to the server's first byte, and from there to agreed keys. Default 20 s each. */
  readonly handshakeWithinMs: number;
  /** From agreed keys to an accepted login. Default 20 s. */
  readonly authenticateWithinMs: number;
  /** From asking for a channel to the server's word on it. Default 15 s. */
  readonly openChannelWithinMs: number;
  /** A question to the server this often where nothing else was said. Default 5 s. */
  readonly keepaliveEveryMs: number;
  /** So many questions in a row without an answer, and the connection is lost. Default 3. */
  readonly keepaliveMisses: number;
  /** A connection that nobody uses is closed after this. Default 5 min. */
  readonly idleCloseMs: number;
  /** Commands at once on one connection; more wait. sshd's MaxSessions is 10 unless set. Default 8. */
  readonly sessionsAtOnce: number;
  /** Handshakes at once in this process: they are its processor's work, and all at once all are late. Default 64. */
  readonly handshakesAtOnce: number;
  /** What `exec` keeps of each stream unless told otherwise. Default 1 MiB. */
  readonly captureBytes: number;
  /** After the exit status: how long a channel that something on the host holds open may stay silent. Default 2 s. */
  readonly afterExitMs: number;
};

export const defaultSshLimits: SshLimits = {
  connectWithinMs: 10_000,
  handshakeWithinMs: 20_000,
  authenticateWithinMs: 20_000,
  openChannelWithinMs: 15_000,
  keepaliveEveryMs: 5_000,
  keepaliveMisses: 3,
  idleCloseMs: 300_000,
  sessionsAtOnce: 8,
  handshakesAtOnce: 64,
  captureBytes: 1024 * 1024,
  afterExitMs: 2_000,
};
