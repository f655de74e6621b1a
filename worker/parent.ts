/**
 * Calls `gone` when the process that started this one is no more, also after its `kill -9`: the channel between them
 * is closed by the kernel. Without such a channel (a worker started by hand) it never is.
 */
export function whenParentGoes(gone: () => void): void {
  if (process.channel) process.once('disconnect', gone);
}

/** Tells the process that started this one, if it listens. */
export function tellParent(message: { readonly kind: 'ready' }): void {
  if (process.connected) process.send?.(message);
}
