/** Version of zaya. A constant, because a browser bundle has no package.json. */
export const version = "0.2.0";
