/** Which Holdfast this is: the `version` of package.json. */
export const RELEASE = '0.1.0';
