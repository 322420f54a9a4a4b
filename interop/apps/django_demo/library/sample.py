"""The rows that a fresh library starts with."""

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.text import slugify

from django_demo.library.models import Author, Book, Review

AUTHORS = {
    "Jules Verne": (1828, 1905, "France"),
    "Mary Shelley": (1797, 1851, "England"),
    "Jane Austen": (1775, 1817, "England"),
    "Herman Melville": (1819, 1891, "United States"),
    "Arthur Conan Doyle": (1859, 1930, "Scotland"),
    "Robert Louis Stevenson": (1850, 1894, "Scotland"),
    "L. Frank Baum": (1856, 1919, "United States"),
    "Charles Darwin": (1809, 1882, "England"),
    "Emily Brontë": (1818, 1848, "England"),
    "Lewis Carroll": (1832, 1898, "England"),
    "Michael Faraday": (1791, 1867, "England"),
    "Selma Lagerlöf": (1858, 1940, "Sweden"),
}
BOOKS = [
    ("The Mysterious Island", "Jules Verne", 1875, "adventure",
     "A balloon torn loose by a gale, five castaways, and everything built anew."),
    ("Twenty Thousand Leagues Under the Seas", "Jules Verne", 1870, "adventure",
     "A professor, a harpooner and a captain who has done with dry land."),
    ("Around the World in Eighty Days", "Jules Verne", 1872, "adventure",
     "A wager at the Reform Club, kept to the minute."),
    ("Frankenstein", "Mary Shelley", 1818, "fantastic",
     "Written in a summer without sun, about making and answering for it."),
    ("The Last Man", "Mary Shelley", 1826, "fantastic",
     "A plague, a century before anyone wrote such books."),
    ("Pride and Prejudice", "Jane Austen", 1813, "novel",
     "Five sisters, two proposals, one change of mind each."),
    ("Persuasion", "Jane Austen", 1817, "novel",
     "Eight years later, he comes back from the sea."),
    ("Moby-Dick", "Herman Melville", 1851, "adventure",
     "A whale, a captain, and all that is known of either."),
    ("Typee", "Herman Melville", 1846, "adventure",
     "Four months among people said to be cannibals."),
    ("The Hound of the Baskervilles", "Arthur Conan Doyle", 1902, "detective",
     "Footprints on the moor, and they were not a man's."),
    ("A Study in Scarlet", "Arthur Conan Doyle", 1887, "detective",
     "Two men look for rooms in London and find each other."),
    ("The Lost World", "Arthur Conan Doyle", 1912, "adventure",
     "A plateau that time has overlooked."),
    ("Treasure Island", "Robert Louis Stevenson", 1883, "adventure",
     "A map, a parrot and the cook."),
    ("Strange Case of Dr Jekyll and Mr Hyde", "Robert Louis Stevenson", 1886, "fantastic",
     "One door too many on a quiet street."),
    ("Kidnapped", "Robert Louis Stevenson", 1886, "adventure",
     "Across the Highlands with a price on one's head."),
    ("The Wonderful Wizard of Oz", "L. Frank Baum", 1900, "fantastic",
     "A tornado picks up a house; what hosts it is another matter."),
    ("On the Origin of Species", "Charles Darwin", 1859, "science",
     "One long argument."),
    ("The Voyage of the Beagle", "Charles Darwin", 1839, "science",
     "Five years at sea, most of them seasick."),
    ("Wuthering Heights", "Emily Brontë", 1847, "novel",
     "The name says what the weather does there."),
    ("Alice's Adventures in Wonderland", "Lewis Carroll", 1865, "fantastic",
     "Down, and down, and not unhappy about it."),
    ("Through the Looking-Glass", "Lewis Carroll", 1871, "fantastic",
     "A game of chess, seen by a pawn."),
    ("The Hunting of the Snark", "Lewis Carroll", 1876, "fantastic",
     "An agony in eight fits, with an empty map."),
    ("The Chemical History of a Candle", "Michael Faraday", 1861, "science",
     "Six lectures for the young, and nothing better to begin with."),
    ("Gösta Berling's Saga", "Selma Lagerlöf", 1891, "novel",
     "A dismissed pastor and a winter of twelve cavaliers."),
    ("The Wonderful Adventures of Nils", "Selma Lagerlöf", 1906, "fantastic",
     "A country seen from a goose's back."),
]
REVIEWS = [
    ("The Mysterious Island", "Nadia", 5, "They make nitroglycerine from whale fat. I have never felt so idle."),
    ("The Mysterious Island", "Cyrus", 4, "The dog survives longer than the plausibility. Loved it."),
    ("Frankenstein", "Elizabeth", 5, "The creature reads better than most of my friends."),
    ("The Wonderful Wizard of Oz", "Dorothy", 4, "Accurate about the wind."),
    ("Moby-Dick", "Ishmael", 3, "Too little about rope."),
    ("Pride and Prejudice", "Charlotte", 5, "The first sentence is a joke and so are the others."),
    ("The Chemical History of a Candle", "Humphry", 5, "Light the candle before you open the book."),
    ("Wuthering Heights", "Nelly", 2, "Everyone should have gone indoors."),
]


@transaction.atomic
def fill():
    """Add what is missing, leave alone what is there: superuser admin with password gale, authors, books, reviews."""
    users = get_user_model().objects
    if not users.filter(username="admin").exists():
        users.create_superuser("admin", "admin@example.org", "gale")
    authors = {
        name: Author.objects.get_or_create(name=name, defaults={"born": born, "died": died, "country": country})[0]
        for name, (born, died, country) in AUTHORS.items()
    }
    books = {
        title: Book.objects.get_or_create(slug=slugify(title), defaults={
            "title": title, "author": authors[author], "year": year, "genre": genre, "about": about,
            "copies": 1 + len(title) % 4,
        })[0]
        for title, author, year, genre, about in BOOKS
    }
    for title, reader, stars, text in REVIEWS:
        Review.objects.get_or_create(book=books[title], reader=reader, defaults={"stars": stars, "text": text})
