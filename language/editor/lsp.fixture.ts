import type { ChildProcess } from 'node:child_process';

type Position = { readonly line: number; readonly character: number };
type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly params?: unknown;
};
type Problem = { readonly line: number; readonly message: string };

/** Speaks the Language Server Protocol over a process's standard streams, as an editor does. */
export class Client {
  readonly #server: ChildProcess;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  readonly #problems = new Map<string, (problems: readonly Problem[]) => void>();
  #bytes = Buffer.alloc(0);
  #last = 0;

  constructor(server: ChildProcess) {
    this.#server = server;
    server.stdout?.on('data', (piece: Buffer) => this.#read(piece));
  }

  async start(root: string): Promise<void> {
    await this.#ask('initialize', {
      processId: process.pid,
      rootUri: `file://${root}`,
      capabilities: { textDocument: { completion: {}, hover: { contentFormat: ['markdown'] } } },
    });
    this.#tell('initialized', {});
    const yaml = { validate: true, hover: true, completion: true, schemaStore: { enable: false } };
    this.#tell('workspace/didChangeConfiguration', { settings: { yaml } });
  }

  /** What it complains of, once it has looked. */
  open(uri: string, text: string): Promise<readonly Problem[]> {
    const problems = new Promise<readonly Problem[]>((resolve) => this.#problems.set(uri, resolve));
    this.#tell('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });
    return problems;
  }

  async completion(uri: string, position: Position): Promise<readonly string[]> {
    const answer = await this.#ask('textDocument/completion', { textDocument: { uri }, position });
    const { items } = answer as { readonly items: readonly { readonly label: string }[] };
    return items.map(({ label }) => label);
  }

  async hover(uri: string, position: Position): Promise<string> {
    return JSON.stringify(await this.#ask('textDocument/hover', { textDocument: { uri }, position }));
  }

  #ask(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#last;
    const answer = new Promise<unknown>((resolve) => this.#waiting.set(id, resolve));
    this.#send({ jsonrpc: '2.0', id, method, params });
    return answer;
  }

  #tell(method: string, params: unknown): void {
    this.#send({ jsonrpc: '2.0', method, params });
  }

  #send(message: object): void {
    const body = JSON.stringify(message);
    this.#server.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #read(piece: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, piece]);
    for (;;) {
      const head = this.#bytes.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.#bytes.subarray(0, head).toString())?.[1]);
      if (this.#bytes.length < head + 4 + length) return;
      const body = this.#bytes.subarray(head + 4, head + 4 + length).toString();
      this.#bytes = this.#bytes.subarray(head + 4 + length);
      this.#take(JSON.parse(body));
    }
  }

  #take(message: Message): void {
    const { id, method, params, result } = message;
    if (method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = params as {
        readonly uri: string;
        readonly diagnostics: readonly {
          readonly range: { readonly start: Position };
          readonly message: string;
        }[];
      };
      this.#problems.get(uri)?.(
        diagnostics.map(({ range, message }) => ({ line: range.start.line, message })),
      );
    } else if (method !== undefined && id !== undefined) this.#answer(id, method, params);
    else if (id !== undefined) this.#waiting.get(id)?.(result);
  }

  /** What the server asks of an editor: nothing is set here beyond what was told. */
  #answer(id: number, method: string, params: unknown): void {
    const items = (params as { readonly items?: readonly unknown[] } | undefined)?.items;
    const result = method === 'workspace/configuration' ? (items ?? []).map(() => null) : null;
    this.#send({ jsonrpc: '2.0', id, result });
  }
}
