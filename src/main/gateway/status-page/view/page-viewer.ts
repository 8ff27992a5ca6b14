/** Who looks at the page, as far as it shows a viewer something of their own. */
export interface PageViewer {
  /** What a "Log in" button sends, so that no page of others can; null for a viewer who may not log in. */
  readonly formToken: string | null;
  /** The origin that the button leads to in the end; null for none but the page's own. */
  readonly formTarget: string | null;
  /** Whether the viewer could sign in as the operator. */
  readonly canSignIn: boolean;
}

/** Somebody who may look, and no more. */
export const ONLOOKER: PageViewer = { formToken: null, formTarget: null, canSignIn: false };
