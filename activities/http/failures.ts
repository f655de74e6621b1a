/** Why there is no answer, in a sentence with the next step. */
export type Refusal = { readonly transient: boolean; readonly says: string };

/** The URL as it may be shown: without what may be secret in it (user, password, query). */
export function shown(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** Reads an error of Node's network, TLS or HTTP layer. */
export function explain(url: URL, error: NodeJS.ErrnoException): Refusal {
  const where = shown(url);
  const code = error.code ?? '';
  switch (code) {
    case 'ECONNREFUSED':
      return {
        transient: true,
        says: `${where}: nothing listens there. Look whether the service runs and the port is right.`,
      };
    case 'ENOTFOUND':
      return { transient: false, says: `${where}: the name ${url.hostname} is not known. Correct the URL.` };
    case 'EAI_AGAIN':
      return {
        transient: true,
        says: `${where}: the name ${url.hostname} could not be looked up now. Look at the name server.`,
      };
    case 'ECONNRESET':
    case 'EPIPE':
      return {
        transient: true,
        says: `${where}: the connection was closed before the answer was complete. Look at the service's log.`,
      };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return {
        transient: true,
        says: `${where}: it cannot be reached (${code}). Look at the network in between.`,
      };
    default:
      break;
  }
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_VERIFY/.test(code)) {
    return {
      transient: false,
      says: `${where}: its certificate is not accepted: ${error.message}. Add its authority to those that Node trusts (NODE_EXTRA_CA_CERTS) or correct the name.`,
    };
  }
  if (/^(ERR_SSL|EPROTO)/.test(code)) {
    return {
      transient: false,
      says: `${where}: it speaks no TLS that is understood here (${code}). Is it http:// perhaps?`,
    };
  }
  if (code.startsWith('HPE_')) {
    return {
      transient: false,
      says: `${where}: its answer is no HTTP (${error.message}). Look whether it is the right port, and https:// or http://.`,
    };
  }
  return { transient: true, says: `${where}: no answer: ${error.message}.` };
}
