/** Questions to another process that wait for their answers. */
export interface Questions<Value> {
  /** Sends a question under an id of its own. Rejects when there is no answer in time; by default it waits for ever. */
  ask: (send: (id: number) => void, limit?: { withinMs: number }) => Promise<Value>
  answered: (id: number, value: Value) => void
  /** Rejects all that wait: there will be no answers. */
  fail: (reason: Error) => void
}

/** Pairs questions with answers that come later, in any order. */
export function createQuestions<Value>(): Questions<Value> {
  const waiting = new Map<number, PromiseWithResolvers<Value>>()
  let lastId = 0
  return {
    ask(send, limit) {
      const id = ++lastId
      const answer = Promise.withResolvers<Value>()
      waiting.set(id, answer)
      send(id)
      if (!limit) return answer.promise
      const timer = setTimeout(() => answer.reject(new Error('There was no answer in time.')), limit.withinMs)
      return answer.promise.finally(() => {
        clearTimeout(timer)
        waiting.delete(id)
      })
    },
    answered(id, value) {
      waiting.get(id)?.resolve(value)
      waiting.delete(id)
    },
    fail(reason) {
      for (const { reject } of waiting.values()) reject(reason)
      waiting.clear()
    },
  }
}
