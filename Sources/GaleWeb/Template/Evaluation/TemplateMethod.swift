// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The methods of Python's own types, found by name when a template is compiled.
enum TemplateMethod: String {
  // str and bytes
  case capitalize, casefold, center, count, decode, encode, endswith, expandtabs, find, format
  case formatMap = "format_map"
  case index, isalnum, isalpha, isascii, isdecimal, isdigit, islower, isnumeric, isspace, istitle, isupper
  case isidentifier, join, ljust, lower, lstrip, partition, removeprefix, removesuffix, replace, rfind,
    rindex, rjust
  case rpartition, rsplit, rstrip, split, splitlines, startswith, strip, swapcase, title, upper, zfill
  // list
  case append, clear, copy, extend, insert, pop, remove, reverse, sort
  // dict
  case get, items, keys, setdefault, update, values
  // set
  case add, discard, union, intersection, difference, issubset, issuperset, isdisjoint
  case symmetricDifference = "symmetric_difference"
  // int and float
  case bitLength = "bit_length"
  case isInteger = "is_integer"

  static let text: Set<TemplateMethod> = [
    .capitalize, .casefold, .center, .count, .encode, .endswith, .expandtabs, .find, .format, .formatMap,
    .index,
    .isalnum, .isalpha, .isascii, .isdecimal, .isdigit, .islower, .isnumeric, .isspace, .istitle, .isupper,
    .isidentifier, .join, .ljust, .lower, .lstrip, .partition, .removeprefix, .removesuffix, .replace, .rfind,
    .rindex, .rjust, .rpartition, .rsplit, .rstrip, .split, .splitlines, .startswith, .strip, .swapcase,
    .title,
    .upper, .zfill,
  ]
  static let bytes: Set<TemplateMethod> = [
    .capitalize, .center, .count, .decode, .endswith, .find, .index, .isdigit, .isspace, .join, .ljust,
    .lower,
    .lstrip, .partition, .replace, .rfind, .rindex, .rjust, .rpartition, .rsplit, .rstrip, .split,
    .splitlines,
    .startswith, .strip, .swapcase, .title, .upper, .zfill,
  ]
  static let list: Set<TemplateMethod> = [
    .append, .clear, .copy, .count, .extend, .index, .insert, .pop, .remove, .reverse, .sort,
  ]
  static let dictionary: Set<TemplateMethod> = [
    .clear, .copy, .get, .items, .keys, .pop, .setdefault, .update, .values,
  ]
  static let set: Set<TemplateMethod> = [
    .add, .clear, .copy, .difference, .discard, .intersection, .isdisjoint, .issubset, .issuperset, .pop,
    .remove,
    .symmetricDifference, .union, .update,
  ]
}

extension TemplateValue {
  /// Whether it has that method of Python's; members of a record come first.
  func has(_ method: TemplateMethod) -> Bool {
    switch self {
    case .string: TemplateMethod.text.contains(method)
    case .bytes: TemplateMethod.bytes.contains(method)
    case .list: TemplateMethod.list.contains(method)
    case .tuple: method == .count || method == .index
    case .dictionary(let dictionary):
      TemplateMethod.dictionary.contains(method)
        && !(dictionary.isRecord && dictionary[method.rawValue] != nil)
    case .set: TemplateMethod.set.contains(method)
    case .int, .bool: method == .bitLength
    case .double: method == .isInteger
    default: false
    }
  }

  /// Calls a method that it has.
  func call(_ method: TemplateMethod, _ arguments: TemplateArguments) throws -> TemplateValue {
    switch self {
    case .string(let text): return try TextMethods.call(text, method, arguments)
    case .bytes(let bytes): return try BytesMethods.call(bytes, method, arguments)
    case .list(let list): return try ContainerMethods.call(list, method, arguments)
    case .tuple(let elements): return try ContainerMethods.call(TemplateList(elements), method, arguments)
    case .dictionary(let dictionary): return try ContainerMethods.call(dictionary, method, arguments)
    case .set(let set): return try ContainerMethods.call(set, method, arguments)
    case .double(let number): return .bool(number.isFinite && number == number.rounded())
    default:
      let magnitude = intValue?.magnitude ?? 0
      return .int(UInt.bitWidth - magnitude.leadingZeroBitCount)
    }
  }
}
