import { type Random, type Sleep, startTimer } from '../../../../shared/clock.ts';
import type { LoginStore } from '../../../../shared/logins/login-store.ts';
import type { Logger } from '../../../observability/logger.ts';
import type { LoginTarget } from '../login-target.ts';
import { Discoveries } from './discoveries.ts';
import { LoginBook } from './login-book.ts';
import { bindingIdFor, LoginFlows } from './login-flows.ts';
import { type LoginProtocol, loadProtocol } from './login-protocol.ts';
import type { LoginService } from './login-service.ts';
import { MachineLogins } from './machine-logins.ts';
import { RefreshSchedule } from './refresh/refresh-schedule.ts';
import { Refresher } from './refresh/refresher.ts';
import { TokenRequester } from './refresh/token-requester.ts';
import { StepUp } from './step-up.ts';
import { LoginEvents } from './users/login-events.ts';
import { summaryOf } from './users/login-summary.ts';
import { LoginUsers } from './users/login-users.ts';

/** Delay between the first read of the logins and the start of the watch for changes by other processes. */
const WATCH_AFTER_MS = 500;

/** Dependencies of the logins. */
export interface LoginServiceDeps {
  readonly store: LoginStore;
  readonly fetchOf: (target: LoginTarget) => typeof fetch;
  readonly logger: Logger;
  /** Epoch ms. */
  readonly now: () => number;
  /** Returns the time in epoch milliseconds on the clock that the store's leases use. */
  readonly leaseNow: () => number;
  readonly random: Random;
  readonly sleep: Sleep;
  /** Whether a connector is still in use. Logins of connectors that are not in use are not refreshed. */
  readonly isWanted: (connectorId: string) => boolean;
  /** Loads the OAuth functions when they are first needed. */
  readonly protocol?: () => Promise<LoginProtocol>;
}

/** Creates the logins of one manager. Reads nothing and starts nothing until credentials are first requested. */
export function createLoginService(deps: LoginServiceDeps): LoginService {
  const { store, logger, now, random, protocol = loadProtocol } = deps;
  const closing = new AbortController();
  const events = new LoginEvents(logger);
  const book = new LoginBook({ store, logger, onChanged: (bindingIds) => users.changed(bindingIds) });
  const shared = { ...deps, book, protocol, closing: closing.signal };
  const discoveries = new Discoveries(shared);
  const refresher = new Refresher({
    ...deps,
    book,
    closing,
    requester: new TokenRequester(shared),
    userOf: (loginId) => users.userOf(loginId),
  });
  const schedule = new RefreshSchedule({
    ...{ now, random },
    loginOf: (loginId) => (users.userOf(loginId) === null ? null : book.login(loginId)),
    refresh: async (login) => {
      await refresher.refresh(login);
      return refresher.pauseMs(login.loginId);
    },
  });
  const machines = new MachineLogins({ store, book, discoveries, protocol, quietly: (take) => users.quietly(take) });
  const stepUp = new StepUp({ store, book, machines, onNeeded: (user, error) => events.needed(user, error) });
  const credentials = { book, refresher, machines, discoveries, stepUp, now };
  const users: LoginUsers = new LoginUsers({
    ...{ book, schedule, events },
    isWanted: deps.isWanted,
    credentials: { ...credentials, onNeeded: (user, error) => events.needed(user, error) },
  });
  const flows = new LoginFlows({
    ...{ ...shared, discoveries, refresher },
    targetOf: (connectorId) => users.targetOf(connectorId),
    onLogin: (target, binding, take) => {
      users.renew(binding.bindingId, target.connectorId, take);
      events.done(target, binding);
    },
  });
  let unwatch = (): void => {};
  let isStarted = false;
  let whenClosed: Promise<void> | null = null;

  const watch = async (): Promise<void> => {
    await book.load();
    // The watch starts late, because connectors that are starting need the processor more.
    const timer = startTimer(WATCH_AFTER_MS, () => {
      unwatch = store.watch(() => void book.read());
      void book.read();
    });
    unwatch = () => timer.cancel();
    if (whenClosed !== null) unwatch();
  };
  const start = (): void => {
    if (isStarted || whenClosed !== null) return;
    isStarted = true;
    void watch();
  };
  const close = async (): Promise<void> => {
    unwatch();
    schedule.close();
    flows.close();
    await refresher.close();
    closing.abort();
  };
  return {
    credentialsOf(target) {
      start();
      return users.credentialsOf(target);
    },
    start: async (target, options) => {
      start();
      return flows.start(target, options, users.credentialsOf(target).challenge);
    },
    finish: async (parameters) => {
      try {
        return { connectorId: await flows.finish(parameters) };
      } catch (error) {
        events.failed(error);
        throw error;
      }
    },
    logout: async (target) => {
      start();
      const { issuer } = book.loginOf(bindingIdFor(target))?.key ?? { issuer: null };
      const wasThere = await flows.logout(target);
      if (wasThere) events.loggedOut(target, issuer);
      return wasThere;
    },
    summary: async (target) => {
      start();
      await book.ensure();
      return summaryOf(users.credentialsOf(target));
    },
    view: (target) => users.view(target),
    onChange: (listener) => users.onChange(listener),
    onRefreshed: (listener) => users.onRefreshed(listener),
    countByState: () => users.countByState(),
    close: () => {
      whenClosed ??= close();
      return whenClosed;
    },
  };
}
