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
  /** The entry that counts for a connector now; undefined if there is none. */
  readonly entryOf: (connectorId: string) => ConnectorEntry | undefined;
  readonly entries: () => readonly ConnectorEntry[];
  /** What logins see of a connector; null where it has credentials of another kind, or none at all. */
  readonly targetOf: (entry: ConnectorEntry) => LoginTarget | null;
  /** Resolves when the connector has been tried once: its challenge says where to log in. Never rejects. */
  readonly tried: (connectorId: string) => Promise<void>;
  readonly clientMetadataUrl: string | null;
}

/** The logins of a manager's connectors, by the ids of connectors. */
export class ManagerLogins {
  readonly #deps: ManagerLoginsDeps;

  constructor(deps: ManagerLoginsDeps) {
    this.#deps = deps;
  }

  /** As `ConnectorProxyManager.startLogin`. */
  async start(connectorId: string, options: StartLoginOptions): Promise<StartedLogin> {
    const target = this.#targetOf(connectorId);
    const { redirectUrl } = options;
    if (typeof redirectUrl !== 'string' || !URL.canParse(redirectUrl))
      throw new SwitchyardError('OPTIONS_INVALID', 'startLogin needs a redirectUrl, an absolute URL.');
    await this.#deps.tried(connectorId);
    const clientMetadataUrl = options.clientMetadataUrl ?? this.#deps.clientMetadataUrl;
    return this.#deps.service.start(target, { redirectUrl, clientMetadataUrl });
  }

  /** As `ConnectorProxyManager.finishLogin`. */
  finish(parameters: URLSearchParams): Promise<{ readonly connectorId: string }> {
    return this.#deps.service.finish(parameters);
  }

  /** As `ConnectorProxyManager.logout`. */
  async logout(connectorId: string): Promise<boolean> {
    return this.#deps.service.logout(this.#targetOf(connectorId));
  }

  /** As `ConnectorProxyManager.logins`. */
  async list(): Promise<readonly LoginSummary[]> {
    const enabled = this.#deps.entries().filter(({ status }) => status === 'enabled');
    const targets = enabled.flatMap((entry) => this.#deps.targetOf(entry) ?? []);
    const summaries = await Promise.all(targets.map((target) => this.#deps.service.summary(target)));
    // Most connectors want no login at all.
    return summaries.filter((_, index) => this.#wantsLogin(targets[index]));
  }

  /** What is known of the login of a connector; null where it neither has nor wants one. */
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
    const why = `Connector ${connectorId} takes no login: its entry has other credentials, or it is a program.`;
    throw new SwitchyardError('LOGIN_UNSUPPORTED', why);
  }
}
