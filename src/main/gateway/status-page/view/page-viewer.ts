/** Facts about the viewer of a page that change its content. */
export interface PageViewer {
  /**
   * Form token of the "Log in" button, which pages of other sites cannot read. Null for a viewer who may not log in.
   */
  readonly formToken: string | null;
  /** Origin that the "Log in" button finally leads to; null for the page's own origin. */
  readonly formTarget: string | null;
  /** Whether the viewer could sign in as the operator. */
  readonly canSignIn: boolean;
}

/** A viewer who may only look. */
export const ONLOOKER: PageViewer = { formToken: null, formTarget: null, canSignIn: false };
