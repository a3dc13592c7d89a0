const FILES: Readonly<Record<string, string>> = {
  graphql: './graphql.worker.js',
  json: './json.worker.js',
}

/** Tells the editor where its workers are: each is a file beside this one, see build.mjs. Before the editor is loaded. */
export function provideWorkers(): void {
  window.MonacoEnvironment = {
    getWorker: (_: string, label: string) =>
      new Worker(new URL(FILES[label] ?? './editor.worker.js', import.meta.url), { type: 'module' }),
  }
}
