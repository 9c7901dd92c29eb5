/** Lists that may be long come in pages: newest first, `before` is the id that the next page starts below. */
import Type from 'typebox';

export const PageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
  before: Type.Optional(Type.Integer({ minimum: 1 })),
};
export const NumericId = Type.Integer({ minimum: 1, maximum: 0xffff_ffff });
export const NumericIdParams = Type.Object({ id: NumericId });
