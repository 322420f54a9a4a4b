// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import Testing

private struct Pet: Codable, Equatable {
  enum Kind: String, Codable { case cat, dog }
  var name: String
  var kind: Kind
  var age: Int?
  var tags: [String] = []
  var sizes: [String: Double] = [:]
}

private class Animal: Codable {
  var legs: Int
  init(legs: Int) { self.legs = legs }
}

private final class Bird: Animal {
  var wings: Int
  private enum Keys: CodingKey { case wings }

  init(legs: Int, wings: Int) {
    self.wings = wings
    super.init(legs: legs)
  }

  required init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    wings = try container.decode(Int.self, forKey: .wings)
    try super.init(from: container.superDecoder())
  }

  override func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(wings, forKey: .wings)
    try super.encode(to: container.superEncoder())
  }
}

@Suite("core: JSON values and Codable")
struct ValueCodingTests {
  @Test func `what is encoded is decoded again`() throws {
    let pet = Pet(name: "Tom", kind: .cat, age: nil, tags: ["a", "b"], sizes: ["s": 1.5])
    let value = try JSONValue(encoding: pet)
    #expect(value["name"] == "Tom" && value["kind"] == "cat" && value["age"] == nil)
    #expect(value["tags"] == ["a", "b"] && value["sizes"] == ["s": 1.5])
    #expect(try value.decode(as: Pet.self) == pet)
    #expect(try JSONValue(encoding: [pet, pet]).decode(as: [Pet].self) == [pet, pet])
  }

  @Test func `members keep the order in which they are encoded`() throws {
    let value = try JSONValue(encoding: Pet(name: "x", kind: .dog, age: 3))
    #expect(value.objectValue?.map(\.key) == ["name", "kind", "age", "tags", "sizes"])
  }

  @Test func `a class and its superclass have places of their own`() throws {
    let value = try JSONValue(encoding: Bird(legs: 2, wings: 3))
    #expect(value == ["wings": 3, "super": ["legs": 2]])
    let bird = try value.decode(as: Bird.self)
    #expect(bird.legs == 2 && bird.wings == 3)
  }

  @Test func `any value stands for itself inside of others`() throws {
    let value: JSONValue = ["a": [1, 2.5, nil, "x", true], "b": [:]]
    #expect(try JSONValue(encoding: value) == value)
    #expect(try value.decode(as: [String: JSONValue].self)["a"] == [1, 2.5, nil, "x", true])
  }

  @Test func `single values are decoded, too`() throws {
    #expect(try (3 as JSONValue).decode(as: Int.self) == 3)
    #expect(try JSONValue.null.decode(as: Int?.self) == nil)
    #expect(try ("cat" as JSONValue).decode(as: Pet.Kind.self) == .cat)
    #expect(try (2 as JSONValue).decode(as: Double.self) == 2)
    #expect(try JSONValue(encoding: Float(0.1)) == .double(0.1))
  }

  @Test(arguments: [(3.0, true), (3.5, false), (1e300, false), (9_007_199_254_740_994, false)])
  func `a number is a whole one when it is exactly that`(number: Double, isWhole: Bool) {
    let decoded = try? JSONValue.double(number).decode(as: Int.self)
    #expect((decoded != nil) == isWhole)
  }

  @Test func `a number that does not fit its type is refused`() {
    #expect(throws: DecodingError.self) { try (300 as JSONValue).decode(as: UInt8.self) }
    #expect(throws: DecodingError.self) { try (-1 as JSONValue).decode(as: UInt.self) }
    #expect(throws: EncodingError.self) { try JSONValue(encoding: Double.nan) }
    #expect(throws: EncodingError.self) { try JSONValue(encoding: ["x": Double.infinity]) }
    #expect(throws: EncodingError.self) { try JSONValue(encoding: UInt64.max) }
  }

  @Test(arguments: [
    (#"{"kind": "cat"}"#, "name"), (#"{"name": 1, "kind": "cat"}"#, "name"),
    (#"{"name": "x", "kind": "cow"}"#, "kind"), (#"{"name": "x", "kind": "cat", "age": "old"}"#, "age"),
    (#"{"name": "x", "kind": "cat", "tags": ["a", 2]}"#, "tags.1"),
    (#"{"name": "x", "kind": "cat", "tags": [], "sizes": {"s": "wide"}}"#, "sizes.s"),
    (#"{"name": null, "kind": "cat"}"#, "name"), ("[]", ""),
  ])
  func `an error names the place`(text: String, place: String) throws {
    do {
      _ = try jsonDecode(text).decode(as: Pet.self)
      Issue.record("it was decoded")
    } catch let error as DecodingError {
      let path: [any CodingKey]
      switch error {
      case .keyNotFound(let key, let context): path = context.codingPath + [key]
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
        path = context.codingPath
      @unknown default: path = []
      }
      #expect(path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".") == place)
    }
  }

  @Test func `of repeated keys the last one counts, in small and large objects`() throws {
    for count in [1, 30] {
      var members = (0..<count).map { JSONMember("k\($0)", .int($0)) }
      members.append(JSONMember("k0", 99))
      #expect(try JSONValue.object(members).decode(as: [String: Int].self)["k0"] == 99)
    }
  }

  @Test(.timeLimit(.minutes(1))) func `an object of very many members is no problem`() throws {
    let members = (0..<50_000).map { JSONMember("k\($0)", .int($0)) }
    #expect(try JSONValue.object(members).decode(as: [String: Int].self).count == 50_000)
  }
}
