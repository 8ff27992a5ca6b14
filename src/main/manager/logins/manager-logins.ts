import { SwitchyardError } from '../../../shared/errors.ts';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import type { LoginTarget } from '../../connectors/credentials/login-target.ts';
import type {
  LoginService,
  LoginSummary,
  StartedLogin,
  StartLoginOptions,
} from '../../connectors/credentials/logins/login-service.ts';

export interface ManagerLoginsDeps {
  readonly service: LoginService;
  /** Returns the entry that is in use for a connector; undefined if the id is unknown. */
  readonly entryOf: (connectorId: string) => ConnectorEntry | undefined;
  readonly entries: () => readonly ConnectorEntry[];
  /** Returns what a login to the connector of an entry needs; null if the connector uses other credentials, or none. */
  readonly targetOf: (entry: ConnectorEntry) => LoginTarget | null;
  /**
   * Resolves after the connector's first attempt to connect, because the response to this attempt may identify the
   * issuer. Never rejects.
   */
  readonly tried: (connectorId: string) => Promise<void>;
  readonly clientMetadataUrl: string | null;
}

/** The logins of a manager's connectors, by connector id. */
export class ManagerLogins {
  readonly #deps: ManagerLoginsDeps;

  constructor(deps: ManagerLoginsDeps) {
    this.#deps = deps;
  }

  /** Starts a login, as `ConnectorProxyManager.startLogin` documents. */
  async start(connectorId: string, options: StartLoginOptions): Promise<StartedLogin> {
    const target = this.#targetOf(connectorId);
    const { redirectUrl } = options;
    if (typeof redirectUrl !== 'string' || !URL.canParse(redirectUrl))
      throw new SwitchyardError('OPTIONS_INVALID', 'Option redirectUrl of startLogin must be an absolute URL.');
    await this.#deps.tried(connectorId);
    const clientMetadataUrl = options.clientMetadataUrl ?? this.#deps.clientMetadataUrl;
    return this.#deps.service.start(target, { redirectUrl, clientMetadataUrl });
  }

  /** Finishes a login, as `ConnectorProxyManager.finishLogin` documents. */
  finish(parameters: URLSearchParams): Promise<{ readonly connectorId: string }> {
    return this.#deps.service.finish(parameters);
  }

  /** Logs out, as `ConnectorProxyManager.logout` documents. */
  async logout(connectorId: string): Promise<boolean> {
    return this.#deps.service.logout(this.#targetOf(connectorId));
  }

  /** Lists logins, as `ConnectorProxyManager.logins` documents. */
  async list(): Promise<readonly LoginSummary[]> {
    const enabled = this.#deps.entries().filter(({ status }) => status === 'enabled');
    const targets = enabled.flatMap((entry) => this.#deps.targetOf(entry) ?? []);
    const summaries = await Promise.all(targets.map((target) => this.#deps.service.summary(target)));
    // Leaves out connectors that neither have nor need a login, which most connectors do not.
    return summaries.filter((_, index) => this.#wantsLogin(targets[index]));
  }

  /** Returns the state of a connector's login; null if the connector neither has nor needs a login. */
  view(entry: ConnectorEntry): LoginSummary | null {
    const target = this.#deps.targetOf(entry);
    return target === null ? null : this.#deps.service.view(target);
  }

  #wantsLogin(target: LoginTarget | undefined): boolean {
    return target !== undefined && this.#deps.service.view(target) !== null;
  }

  #targetOf(connectorId: string): LoginTarget {
    const entry = this.#deps.entryOf(connectorId);
    if (entry === undefined) throw new SwitchyardError('CONNECTOR_UNKNOWN', `There is no connector "${connectorId}".`);
    const target = this.#deps.targetOf(entry);
    if (target !== null) return target;
    const why = `Connector ${connectorId} uses no login: its entry has other credentials, or it is a stdio server.`;
    throw new SwitchyardError('LOGIN_UNSUPPORTED', why);
  }
}
