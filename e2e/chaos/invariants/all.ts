import { ordersAreAsAskedFor } from './bills.ts'
import { copyIsTheCatalogue } from './catalogue.ts'
import { eventsAreHandledOnce } from './effects.ts'
import { eventsAreAccountedFor, ordersTellTheirStory } from './events.ts'
import { historiesAreComplete } from './orders.ts'
import { adjustmentsAreMadeOnce, answersAreSound, ordersKeepTheirWord, stepsAreKept } from './promises.ts'
import { rejectionsHaveAReason } from './rejections.ts'
import { claimsFollowOrders, stockAddsUp } from './stock.ts'
import type { Invariant } from './violation.ts'

/** All that must hold after a run. */
export const allHold: Invariant = (books, ledger) =>
  [
    stockAddsUp,
    claimsFollowOrders,
    historiesAreComplete,
    rejectionsHaveAReason,
    ordersAreAsAskedFor,
    eventsAreAccountedFor,
    eventsAreHandledOnce,
    ordersTellTheirStory,
    ordersKeepTheirWord,
    stepsAreKept,
    adjustmentsAreMadeOnce,
    answersAreSound,
    copyIsTheCatalogue,
  ].flatMap((invariant) => invariant(books, ledger))
