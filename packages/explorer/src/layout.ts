/** Where GraphiQL remembers the width of its panel, as a share of that of the operation and its answer. */
const PANEL_WIDTH = 'graphiql:docExplorerFlex'

/** Makes the panel as wide as a list needs, until someone drags its border: GraphiQL would take a third. */
export function preferNarrowPanel(): void {
  if (localStorage.getItem(PANEL_WIDTH) === null) localStorage.setItem(PANEL_WIDTH, '0.22')
}

/** Whether there is no room for the panel beside an operation; the same width as in explorer.css. */
export function isNarrow(): boolean {
  return matchMedia('(width < 800px)').matches
}
